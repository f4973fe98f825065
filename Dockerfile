# Two stages: the first installs exactly the locked packages, the second carries them without tools.
FROM python:3.13-slim AS build
WORKDIR /srv
COPY requirements.lock ./
RUN python -m venv /opt/bokbro && /opt/bokbro/bin/pip install --no-cache-dir --require-hashes -r requirements.lock

FROM python:3.13-slim
RUN useradd --uid 10001 --create-home bokbro
WORKDIR /srv
COPY --from=build /opt/bokbro /opt/bokbro
COPY alembic.ini ./
COPY app app
COPY workers workers
COPY migrations migrations
RUN printf '%s\n' '#!/bin/sh' 'exec /opt/bokbro/bin/python -m app.cli "$@"' > /opt/bokbro/bin/bokbro && chmod +x /opt/bokbro/bin/bokbro
ENV PATH=/opt/bokbro/bin:$PATH PYTHONPATH=/srv PYTHONUNBUFFERED=1 ENVIRONMENT=production HOST=0.0.0.0
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health/live', timeout=2)"]
CMD ["python", "-m", "app.cli", "serve"]
