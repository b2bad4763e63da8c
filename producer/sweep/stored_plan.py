"""The plan of a sweep in its store, from which every node reads it."""

from core.errors import ConfigError, StoreError
from producer.sweep.objects import Objects
from producer.sweep.plan import PLAN_NAME, Plan, parse_plan, plan_text

__all__ = ["publish_plan", "stored_plan"]


def stored_plan(objects: Objects) -> Plan | None:
    """The plan in the store; None if there is none.

    Raises:
        ConfigError: the object is no plan that this program can read.
        StoreError: the store cannot be used.
    """
    content = objects.get(PLAN_NAME)
    path = f"{objects.url}/{PLAN_NAME}"
    try:
        return parse_plan(content.decode(), path) if content is not None else None
    except UnicodeDecodeError as error:
        raise StoreError(f"{path}: is no text; restore the object, or remove it") from error


def publish_plan(objects: Objects, plan: Plan) -> None:
    """Put the plan into the store, if it is not there.

    Raises:
        ConfigError: there is another plan.
        StoreError: the store cannot be used.
    """
    if not objects.create(PLAN_NAME, plan_text(plan).encode()) and stored_plan(objects) != plan:
        raise ConfigError(
            f"{objects.url}/{PLAN_NAME}: there is another plan in this store; choose another one"
        )
