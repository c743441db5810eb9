import type { ServiceImpl } from "@connectrpc/connect";
import { z } from "zod";
import { DEFAULT_LEASE_TTL_MS } from "../../domain/limits.ts";
import {
  AcquireLeaseRequestSchema,
  GetLeaseRequestSchema,
  LeaseKind as WireLeaseKind,
  ReleaseLeaseRequestSchema,
  RenewLeaseRequestSchema,
  type LeaseService,
} from "../../gen/modelbox/v1/lease_service_pb.ts";
import { acquireLease } from "../../service/leases/acquire.ts";
import { getLease } from "../../service/leases/get.ts";
import { releaseLease } from "../../service/leases/release.ts";
import { renewLease } from "../../service/leases/renew.ts";
import { callerOf, type RpcApp } from "./app.ts";
import { decode } from "./decode/decode.ts";
import { leaseTtl } from "./decode/numbers.ts";
import { object } from "./decode/references.ts";
import { holder, id, requestId } from "./decode/text.ts";
import { encodeLease } from "./encode/records.ts";

const kind = z.custom<WireLeaseKind>().transform((wire, context): "restore" | "run" => {
  if (wire === WireLeaseKind.RESTORE) return "restore";
  if (wire === WireLeaseKind.RUN) return "run";
  const message = "must be LEASE_KIND_RESTORE or LEASE_KIND_RUN; BeginUpload gives upload leases";
  context.addIssue({ code: "custom", message });
  return z.NEVER;
});
const acquireRequest = z.object({ kind, object, holder, ttl: leaseTtl, takeOver: z.boolean(), requestId });
const leaseRequest = z.object({ leaseId: id });
const renewRequest = z.object({ leaseId: id, ttl: leaseTtl });

export function leaseService({ service }: RpcApp): ServiceImpl<typeof LeaseService> {
  return {
    async acquireLease(request, context) {
      const { ttl, ...input } = decode(acquireRequest, request, AcquireLeaseRequestSchema);
      const ttlMs = ttl ?? DEFAULT_LEASE_TTL_MS;
      return { lease: encodeLease(await acquireLease(service, callerOf(context), { ...input, ttlMs })) };
    },
    async getLease(request, context) {
      const { leaseId } = decode(leaseRequest, request, GetLeaseRequestSchema);
      return { lease: encodeLease(await getLease(service, callerOf(context), leaseId)) };
    },
    async renewLease(request, context) {
      const { leaseId, ttl } = decode(renewRequest, request, RenewLeaseRequestSchema);
      return { lease: encodeLease(await renewLease(service, callerOf(context), { leaseId, ttlMs: ttl })) };
    },
    async releaseLease(request, context) {
      const { leaseId } = decode(leaseRequest, request, ReleaseLeaseRequestSchema);
      await releaseLease(service, callerOf(context), leaseId);
      return {};
    },
  };
}
