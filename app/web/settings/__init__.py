"""The form of a tenant's rules: which fields there are, how they are shown, and how they are read back."""

from app.web.settings.fields import GROUPS, Field
from app.web.settings.reading import FormError, read_form, shown_values

__all__ = ["GROUPS", "Field", "FormError", "read_form", "shown_values"]
