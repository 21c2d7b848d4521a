"""What a worker sees of itself and its database."""

from dataclasses import asdict

from contracts.diagnosis import DatabaseView, DiagnoseWorker, DiagnosisView
from handlers.handler import Handlers
from models.store.diagnosis import inspect_database
from models.store.document import now
from models.unit_of_work import UnitOfWork


async def diagnose_worker(_: DiagnoseWorker, unit: UnitOfWork) -> DiagnosisView:
    """Report this process, its settings and its database."""
    shared = unit.dependencies
    at, database = now(), await inspect_database(shared.store)
    return DiagnosisView(
        worker=shared.facts["worker"],
        at=at,
        settings=dict(shared.facts),
        database=DatabaseView.model_validate(asdict(database)),
    )


HANDLERS: Handlers = {"worker.diagnose": diagnose_worker}
