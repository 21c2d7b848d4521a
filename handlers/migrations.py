"""Migrations of what is stored."""

from contracts.migrations import ListMigrations, MigrationList, MigrationView, RunMigration
from handlers.handler import Handlers
from models.migrations import Migrations, MigrationState, all_migrations
from models.unit_of_work import UnitOfWork

SECONDS = 2.0  # of one command


def migration_view(state: MigrationState) -> MigrationView:
    """The view of a migration."""
    return MigrationView(
        number=state.migration.number,
        name=state.migration.name,
        summary=state.migration.summary,
        automatic=state.migration.is_automatic,
        left=state.left,
        stuck=state.stuck,
        migrated=state.migrated,
        began_at=state.began_at,
        ended_at=state.ended_at,
    )


async def list_migrations(_: ListMigrations, unit: UnitOfWork) -> MigrationList:
    """Count what is left of each migration."""
    return MigrationList(items=[migration_view(state) for state in await _migrations(unit).read_states()])


async def run_migration(command: RunMigration, unit: UnitOfWork) -> MigrationView:
    """Do batches outside the command's transaction; each is complete by itself."""
    state = await unit.run_once(command, lambda: _migrations(unit).run(command.number, SECONDS))
    return migration_view(state)


def _migrations(unit: UnitOfWork) -> Migrations:
    return all_migrations(unit.dependencies.store, unit.dependencies.country)


HANDLERS: Handlers = {"migration.list": list_migrations, "migration.run": run_migration}
