"""Calls two ModelBox servers over TLS with grpcio: one wants a token, the other a certificate of its clients."""

import sys

import grpc

token_addr, strict_addr, ca_file, token, cert_file, key_file = sys.argv[1:]


def read(path):
    with open(path, "rb") as file:
        return file.read()


def list_projects(channel, metadata=()):
    call = channel.unary_unary("/modelbox.v1.NamespaceService/ListNamespaces")
    return call(b"", metadata=metadata, timeout=20)


with grpc.secure_channel(token_addr, grpc.ssl_channel_credentials(read(ca_file))) as channel:
    list_projects(channel, [("authorization", f"Bearer {token}")])
    print("token ok")
    try:
        list_projects(channel)
        raise AssertionError("answered without a token")
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.UNAUTHENTICATED, error
        assert "MODELBOX_TOKEN" in error.details(), error.details()
    print("no token ok")

mutual = grpc.ssl_channel_credentials(read(ca_file), read(key_file), read(cert_file))
with grpc.secure_channel(strict_addr, mutual) as channel:
    list_projects(channel)
print("certificate ok")
