"""What is raised where two sums that must be equal are not."""

from __future__ import annotations

from app.domain.money import Money


class UnbalancedPlanError(ValueError):
    """Rows and total, or debit and credit, differ: a fault of ours, never sent."""

    def __init__(self, what: str, left: Money, right: Money) -> None:
        super().__init__(f"{what}: {left} is not {right}")
        self.what, self.left, self.right = what, left, right
