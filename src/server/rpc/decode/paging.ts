import { z } from "zod";
import { MAX_METRIC_KEY_LENGTH, MAX_METRIC_VALUE_BYTES } from "../../../domain/limits.ts";
import { filter, line } from "./text.ts";

/** A token holds one value of the order field; the longest is the text of a metric, in base 64. */
const MAX_PAGE_TOKEN_LENGTH = 4 * MAX_METRIC_VALUE_BYTES;
const MAX_ORDER_LENGTH = MAX_METRIC_KEY_LENGTH + 16;

const pageSize = z.number().min(0, "must not be negative");
const pageToken = line(MAX_PAGE_TOKEN_LENGTH);

/** Fields of calls that give pages. */
export const pageFields = { pageSize, pageToken };

/** Fields of calls that give pages of a filtered and ordered list. */
export const listFields = { ...pageFields, filter, orderBy: line(MAX_ORDER_LENGTH) };
