import {
  createServiceImplSpec,
  type ConnectRouter,
  type Interceptor,
  type HandlerContext,
  type MethodImplSpec,
} from "@connectrpc/connect";
import type { Compression, MethodSerializationLookup } from "@connectrpc/connect/protocol";
import { createMethodSerializationLookup } from "@connectrpc/connect/protocol";
import type { DescMessage, JsonReadOptions, JsonWriteOptions } from "@bufbuild/protobuf";
import { MAX_MESSAGE_BYTES } from "../../domain/limits.ts";
import { accessOf } from "../access-table.ts";
import { MAX_SMALL_MESSAGE_BYTES } from "../limits.ts";

/** What every call passes on its way in and out. */
export interface Edge {
  readonly interceptors: Interceptor[];
  readonly requestGate: (context: HandlerContext) => void;
  readonly jsonOptions: Partial<JsonReadOptions & JsonWriteOptions> & { readonly textDecoder: TextDecoder };
  readonly acceptCompression: Compression[];
}

/**
 * A method that takes one message and gives one, to be served in one piece. Connect's own handlers pass each message
 * through a dozen asynchronous iterators, which costs two to five times what the call itself does. They still serve
 * whatever is out of the ordinary.
 */
export interface UnaryMethod {
  readonly spec: MethodImplSpec & { readonly kind: "unary" };
  readonly serialization: MethodSerializationLookup<DescMessage, DescMessage>;
  readonly maxBytes: number;
  readonly edge: Edge;
}

/** Unary methods by path. */
export type UnaryMethods = ReadonlyMap<string, UnaryMethod>;

/** The unary methods among those that `register` adds. */
export function unaryMethods(register: (router: ConnectRouter) => void, edge: Edge): UnaryMethods {
  const methods = new Map<string, UnaryMethod>();
  const collector: ConnectRouter = {
    handlers: [],
    service(service, implementation) {
      for (const spec of Object.values(createServiceImplSpec(service, implementation).methods)) {
        if (spec.kind === "unary")
          methods.set(`/${service.typeName}/${spec.method.name}`, unaryMethod(spec, edge));
      }
      return collector;
    },
    rpc() {
      throw new Error("methods are registered with their services");
    },
  };
  register(collector);
  return methods;
}

function unaryMethod(spec: UnaryMethod["spec"], edge: Edge): UnaryMethod {
  const maxBytes =
    accessOf(spec.method)?.largeMessages === true ? MAX_MESSAGE_BYTES : MAX_SMALL_MESSAGE_BYTES;
  const limits = { readMaxBytes: maxBytes, writeMaxBytes: MAX_MESSAGE_BYTES };
  return {
    spec,
    serialization: createMethodSerializationLookup(spec.method, undefined, edge.jsonOptions, limits),
    maxBytes,
    edge,
  };
}
