"""Makes MLflow's database, and fills an experiment with runs by MLflow's own models of its tables.

Usage: fill_mlflow.py DATABASE_URI COUNT. The rows are those that its client's `create_run` and `log_batch` would leave.
"""

import sys
import time
import uuid

from catalogue_rows import runs
from mlflow.store.tracking.dbmodels.models import SqlLatestMetric, SqlMetric, SqlParam, SqlRun, SqlTag
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

BATCH = 1_000

database_uri, count = sys.argv[1], int(sys.argv[2])
store = SqlAlchemyStore(database_uri, "mlflow-artifacts:/")
experiment = int(store.create_experiment("catalogue"))
now = int(time.time() * 1e3)


def insert(session, rows):
    for model, values in rows.items():
        session.bulk_insert_mappings(model, values)


def rows_of(batch):
    rows = {SqlRun: [], SqlTag: [], SqlParam: [], SqlMetric: [], SqlLatestMetric: []}
    for name, parameters, metrics in batch:
        run = uuid.uuid4().hex
        rows[SqlRun].append(
            {
                "run_uuid": run,
                "name": name,
                "source_type": "UNKNOWN",
                "source_name": "",
                "entry_point_name": "",
                "user_id": "bench",
                "status": "FINISHED",
                "start_time": now,
                "end_time": now,
                "source_version": "",
                "lifecycle_stage": "active",
                "artifact_uri": f"mlflow-artifacts:/{experiment}/{run}/artifacts",
                "experiment_id": experiment,
            }
        )
        rows[SqlTag].append({"key": "mlflow.runName", "value": name, "run_uuid": run})
        rows[SqlParam] += [{"key": key, "value": value, "run_uuid": run} for key, value in parameters.items()]
        points = [
            {"key": key, "value": value, "timestamp": now, "step": 0, "is_nan": False, "run_uuid": run}
            for key, value in metrics.items()
        ]
        rows[SqlMetric] += points
        rows[SqlLatestMetric] += points
    return rows


everything = list(runs(count))
for start in range(0, count, BATCH):
    with store.ManagedSessionMaker() as session:
        insert(session, rows_of(everything[start : start + BATCH]))
