"""Errors in the shape of GraphQL answers (shopify-api.md section 6)."""

from __future__ import annotations

from typing import Any

PROTECTED_DATA_PAGE = "https://shopify.dev/docs/apps/launch/protected-customer-data"


class GraphQLProblem(Exception):  # noqa: N818 -- "error" is the name of its rendering
    """One entry of `errors[]`; raised it ends the whole answer without data."""

    def __init__(
        self,
        message: str,
        code: str | None = None,
        *,
        path: list[str | int] | None = None,
        locations: list[dict[str, int]] | None = None,
        **extensions: Any,  # noqa: ANN401 -- any JSON
    ) -> None:
        self.message = message
        self.code = code
        self.path = path
        self.locations = locations
        self.extensions = ({"code": code} if code else {}) | extensions
        super().__init__(message)

    def rendered(self) -> dict[str, Any]:
        """The JSON of this error."""
        entry: dict[str, Any] = {"message": self.message}
        if self.locations:
            entry["locations"] = self.locations
        if self.path is not None:
            entry["path"] = self.path
        if self.extensions:
            entry["extensions"] = self.extensions
        return entry


def throttled() -> GraphQLProblem:
    """The bucket does not hold what the query asks for."""
    return GraphQLProblem("Throttled", "THROTTLED", documentation="https://shopify.dev/api/usage/rate-limits")


def too_expensive(requested: int, limit: int) -> GraphQLProblem:
    """A single query may request at most 1000 points."""
    return GraphQLProblem(
        f"Query cost is {requested}, which exceeds the single query max cost limit ({limit}).",
        "MAX_COST_EXCEEDED",
        cost=requested,
        maxCost=limit,
    )


def scope_missing(field: str, scope: str, path: list[str | int] | None = None) -> GraphQLProblem:
    """The token was granted without the access scope of this field."""
    return GraphQLProblem(
        f"Access denied for {field} field. Required access: `{scope}` access scope.",
        "ACCESS_DENIED",
        path=path or [field],
        requiredAccess=f"`{scope}` access scope.",
        documentation="https://shopify.dev/api/usage/access-scopes",
    )


def undefined_field(type_name: str, field: str, line: int, column: int) -> GraphQLProblem:
    """The type has no such field, or this emulator does not know it: either way a client may not build on it."""
    return GraphQLProblem(
        f"Field '{field}' doesn't exist on type '{type_name}'",
        "undefinedField",
        locations=[{"line": line, "column": column}],
        typeName=type_name,
        fieldName=field,
    )
