"""The control interface under ``/_sandbox/``: reset, look inside, order faults, read the call log.

Every emulator has these; its own control routes go beside them under the same prefix.
"""

from dataclasses import dataclass, field
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Depends, FastAPI, Query

from sandbox.kit.calls import CallFilter, CallLog, CallLogMiddleware
from sandbox.kit.faults import FaultBoard, FaultMiddleware, FaultSpec

CONTROL_PREFIX = "/_sandbox"


class SandboxState(Protocol):
    """What an emulator lets the control interface do with its inside."""

    def reset(self) -> None:
        """Go back to how the emulator was started. Writes."""

    def snapshot(self) -> dict[str, Any]:
        """Show a short summary of the inside as JSON. Reads only."""


@dataclass(frozen=True)
class Kit:
    """The parts that `install` put into an application."""

    faults: FaultBoard = field(default_factory=FaultBoard)
    calls: CallLog = field(default_factory=CallLog)


def install(app: FastAPI, state: SandboxState) -> Kit:
    """Give an emulator the call log, faults and the control interface; also kept as ``app.state.kit``."""
    kit = Kit()
    # Added last is outermost: the log also sees the calls that a fault spoils.
    app.add_middleware(FaultMiddleware, faults=kit.faults)
    app.add_middleware(CallLogMiddleware, calls=kit.calls)
    app.include_router(_control_router(state, kit))
    app.state.kit = kit
    return kit


def _wanted(
    method: str = "*",
    path: str = "*",
    status: int | None = None,
    tenant: str | None = None,
    after: int = 0,
) -> CallFilter:
    return CallFilter(method, path, status, tenant, after)


Wanted = Annotated[CallFilter, Depends(_wanted)]


def _control_router(state: SandboxState, kit: Kit) -> APIRouter:
    router = APIRouter(prefix=CONTROL_PREFIX, tags=["sandbox"])

    @router.post("/reset")
    def reset() -> dict[str, bool]:
        """Forget state, faults and calls."""
        kit.faults.clear()
        kit.calls.clear()
        state.reset()
        return {"reset": True}

    @router.get("/state")
    def show_state() -> dict[str, Any]:
        """Show a summary of the inside."""
        return state.snapshot()

    @router.get("/faults")
    def list_faults() -> dict[str, Any]:
        """List the faults ordered, with their counters."""
        return {"faults": kit.faults.as_json()}

    @router.post("/faults", status_code=201)
    def order_fault(spec: FaultSpec) -> dict[str, Any]:
        """Order a fault."""
        return kit.faults.add(spec).as_json()

    @router.delete("/faults")
    def lift_faults(fault_id: Annotated[int | None, Query(alias="id")] = None) -> dict[str, int]:
        """Lift one fault by its id, or all."""
        return {"lifted": kit.faults.clear(fault_id)}

    _add_call_routes(router, kit.calls)
    return router


def _add_call_routes(router: APIRouter, calls: CallLog) -> None:
    @router.get("/calls")
    def list_calls(wanted: Wanted, limit: int = 1000) -> dict[str, Any]:
        """List calls, the newest ``limit`` of those wanted, oldest first."""
        found = calls.select(wanted)
        return {"total": len(found), "calls": [call.as_json() for call in found[-limit:]]}

    @router.get("/calls/count")
    def count_calls(wanted: Wanted) -> dict[str, Any]:
        """Count calls."""
        return calls.count(wanted)
