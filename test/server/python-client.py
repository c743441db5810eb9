"""Calls a ModelBox server as any Python program would: grpcio, and messages made from the published descriptor."""

import sys
import threading
import urllib.request

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

grpc_addr, http_addr = sys.argv[1:]

published = urllib.request.urlopen(f"{http_addr}/descriptor.binpb").read()
pool = descriptor_pool.DescriptorPool()
for file in descriptor_pb2.FileDescriptorSet.FromString(published).file:
    pool.Add(file)


def message(name):
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"modelbox.v1.{name}"))


def method(channel, service, name, stream=False):
    make = channel.unary_stream if stream else channel.unary_unary
    return make(
        f"/modelbox.v1.{service}/{name}",
        request_serializer=lambda request: request.SerializeToString(),
        response_deserializer=message(f"{name}Response").FromString,
    )


with grpc.insecure_channel(grpc_addr) as channel:
    create = method(channel, "ExperimentService", "CreateExperiment")
    get = method(channel, "ExperimentService", "GetExperiment")
    watch = method(channel, "ChangeService", "WatchChanges", stream=True)

    request = message("CreateExperimentRequest")(namespace="python", name="first", owner="py@example.com")
    created, call = create.with_call(request, metadata=[("x-request-id", "py-1"), ("modelbox-actor", "py")])
    assert created.experiment.name == "first" and not created.exists, created
    assert ("x-request-id", "py-1") in call.initial_metadata(), call.initial_metadata()
    assert create(request).exists
    print("unary ok")

    try:
        get(message("GetExperimentRequest")(experiment="python/none"))
        raise AssertionError("found what is not there")
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.NOT_FOUND, error
        assert error.details().startswith('There is no experiment "none"'), error.details()
        keys = [key for key, _ in error.trailing_metadata()]
        assert "grpc-status-details-bin" in keys, keys
    print("error ok")

    changes = watch(message("WatchChangesRequest")(namespace="python", after_sequence=0))
    seen = []
    for response in changes:
        if response.HasField("change"):
            seen.append(response.change.object_path)
        if len(seen) == 2:
            create(message("CreateExperimentRequest")(namespace="python", name="second", owner="o"))
        if len(seen) == 3:
            changes.cancel()
            break
    assert seen == ["python", "python/first", "python/second"], seen
    print("watch ok")

    try:
        for _ in watch(message("WatchChangesRequest")(namespace="python"), timeout=0.2):
            pass
        raise AssertionError("a watch ended by itself")
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.DEADLINE_EXCEEDED, error
    print("deadline ok")

    failures = []

    def many():
        for _ in range(50):
            if not create(request).exists:
                failures.append("created twice")

    threads = [threading.Thread(target=many) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures
    print("threads ok")

with grpc.insecure_channel(http_addr.removeprefix("http://")) as wrong:
    try:
        method(wrong, "ExperimentService", "GetExperiment")(message("GetExperimentRequest")(experiment="x"))
        raise AssertionError("listen_addr answered native gRPC")
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.UNIMPLEMENTED, error
        assert f"Native gRPC is served on {grpc_addr}" in error.details(), error.details()
print("wrong port ok")
