# Two stages: the first installs exactly the locked packages, the second carries them without tools.
FROM python:3.13-slim AS build
WORKDIR /srv
COPY requirements.lock ./
RUN python -m venv /opt/bokbro && /opt/bokbro/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md ./
COPY app app
COPY workers workers
COPY migrations migrations
RUN /opt/bokbro/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.13-slim
RUN useradd --uid 10001 --create-home bokbro
WORKDIR /srv
COPY --from=build /opt/bokbro /opt/bokbro
ENV PATH=/opt/bokbro/bin:$PATH PYTHONUNBUFFERED=1 ENVIRONMENT=production HOST=0.0.0.0
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health/live', timeout=2)"]
CMD ["bokbro", "serve"]
