/** Calls of the API. Paths, queries, bodies and answers are typed by its schema, so neither can drift. */

import { Failure, failureOf, unreachable } from "./failures";
import type { paths } from "./schema";

/** Longer than any call takes that still makes sense, in ms. */
const PATIENCE = 15_000;

/** The only success without a body. */
const NO_CONTENT = 204;

type Method = "get" | "post" | "patch" | "delete";
type Json<R> = R extends { content: { "application/json": infer T } } ? T : undefined;
type Answer<O> = O extends { responses: { 200: infer R } }
  ? Json<R>
  : O extends { responses: { 201: infer R } }
    ? Json<R>
    : undefined;
type Body<O> = O extends { requestBody?: { content: { "application/json": infer B } } } ? B : never;
type Query<O> = O extends { parameters: { query?: infer Q } } ? Q : never;

export interface Options<O> {
  /** The public id in the path. */
  id?: string;
  query?: Query<O>;
  body?: Body<O>;
  /** The version that the call is meant for. */
  ifMatch?: string | null;
  signal?: AbortSignal;
}

export interface Result<T> {
  data: T;
  etag: string | null;
}

/**
 * Call the API.
 *
 * @throws Failure - whatever goes wrong, but for `AbortError` where `signal` ended the call.
 */
export async function call<P extends keyof paths, M extends Method & keyof paths[P]>(
  method: M,
  path: P,
  options: Options<paths[P][M]> = {},
): Promise<Result<Answer<paths[P][M]>>> {
  const response = await send(method.toUpperCase(), addressOf(path, options), options);
  const body = parse(await unlessCutOff(response.text(), options));
  if (!response.ok) throw failureOf(response.status, (body ?? {}) as object);
  if (body === undefined && response.status !== NO_CONTENT) throw new Failure("broken", "The server's answer makes no sense.");
  return { data: body as Answer<paths[P][M]>, etag: response.headers.get("ETag") };
}

async function send(method: string, address: string, options: Options<unknown>): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (method !== "GET") headers["X-CSRFToken"] = cookie("csrftoken");
  if (options.body !== undefined) headers["Content-Type"] = "application/json";
  if (options.ifMatch) headers["If-Match"] = options.ifMatch;
  const signals = [AbortSignal.timeout(PATIENCE), ...(options.signal ? [options.signal] : [])];
  const request = fetch(address, {
    method,
    headers,
    credentials: "same-origin",
    cache: "no-store",
    signal: AbortSignal.any(signals),
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
  });
  return unlessCutOff(request, options);
}

/** What comes over the network: answers and their bodies alike may break off half-way. */
async function unlessCutOff<T>(coming: Promise<T>, { signal }: Options<unknown>): Promise<T> {
  try {
    return await coming;
  } catch (error) {
    if (signal?.aborted) throw error;
    throw unreachable();
  }
}

function addressOf(path: string, { id, query }: Options<unknown>): string {
  const filled = path.replace("{public_id}", encodeURIComponent(id ?? ""));
  const wanted = Object.entries((query ?? {}) as Record<string, unknown>)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, String(value)]);
  return wanted.length ? `${filled}?${new URLSearchParams(wanted as string[][])}` : filled;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The value of a cookie that scripts may read; empty if there is none. */
export function cookie(name: string): string {
  const found = document.cookie.split("; ").find((one) => one.startsWith(`${name}=`));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
}
