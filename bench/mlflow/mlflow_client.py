"""Uses MLflow through its own client. Usage: mlflow_client.py URI; orders come as bench/python/orders.py says."""

import sys
import time

from mlflow import MlflowClient
from mlflow.entities import Metric
from orders import milliseconds, serve

client = MlflowClient(tracking_uri=sys.argv[1])
catalogue = client.get_experiment_by_name("catalogue")
run = client.create_run(client.create_experiment("bench")).info.run_id


def log_one_by_one(step, count):
    def log():
        for one in range(count):
            client.log_metric(run, "loss", 1 / (one + 1), step=step + one)

    return milliseconds(log) / count


def log_batch(step, keys, steps):
    def log():
        now = int(time.time() * 1e3)
        client.log_batch(
            run,
            metrics=[
                Metric(f"loss/{key}", one / steps, now, step + one)
                for one in range(steps)
                for key in range(keys)
            ],
        )

    return milliseconds(log)


def upload(path, name):
    return milliseconds(lambda: client.log_artifact(run, path, name))


def download(name, file, folder):
    return milliseconds(lambda: client.download_artifacts(run, f"{name}/{file}", folder))


def search(wanted):
    found = []
    took = milliseconds(
        lambda: found.extend(
            client.search_runs(
                [catalogue.experiment_id],
                filter_string="params.optimizer = 'adam' AND metrics.accuracy > 0.5",
                order_by=["metrics.loss ASC"],
                max_results=wanted,
            )
        )
    )
    return {"ms": took, "names": [one.info.run_name for one in found]}


serve(log_one_by_one=log_one_by_one, log_batch=log_batch, upload=upload, download=download, search=search)
