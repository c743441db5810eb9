"""Uses ModelBox through its SDK. MODELBOX_SERVER_ADDR names the server; orders come as bench/python/orders.py says."""

from concurrent.futures import ThreadPoolExecutor

from catalogue_rows import runs
from orders import milliseconds, serve

from modelbox import ModelBox
from modelbox.objects.metric import MetricPoint

CALLERS = 8

box = ModelBox()
experiment = box.new_experiment("run", namespace="bench")


def fill(count):
    """Makes the runs that are searched."""

    def make(run):
        name, parameters, metrics = run
        made = box.new_experiment(name, owner="bench", namespace="catalogue", metadata=parameters)
        made.log_metrics(metrics, 0)

    with ThreadPoolExecutor(CALLERS) as callers:
        list(callers.map(make, runs(count)))


def log_one_by_one(step, count):
    def log():
        for one in range(count):
            experiment.log_metrics({"loss": 1 / (one + 1)}, step + one)

    return milliseconds(log) / count


def log_batch(step, keys, steps):
    return milliseconds(
        lambda: experiment.log_metric_points(
            MetricPoint(key=f"loss/{key}", step=step + one, value=one / steps)
            for one in range(steps)
            for key in range(keys)
        )
    )


def upload(path, name):
    return milliseconds(lambda: experiment.upload_artifact(path, name))


def download(name, file, folder):
    def fetch():
        found = next(one for one in experiment.artifacts(filter=f'name = "{name}"'))
        found.download(folder, prefix=file)

    return milliseconds(fetch)


def search(wanted):
    found = []
    took = milliseconds(
        lambda: found.extend(
            box.experiments(
                "catalogue",
                filter='labels.optimizer = "adam" AND metrics.accuracy > 0.5',
                order_by="metrics.loss",
            ).take(wanted)
        )
    )
    return {"ms": took, "names": [one.name for one in found]}


serve(
    fill=fill,
    log_one_by_one=log_one_by_one,
    log_batch=log_batch,
    upload=upload,
    download=download,
    search=search,
)
