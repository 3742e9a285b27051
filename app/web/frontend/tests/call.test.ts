import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { call } from "../src/api/call";
import { Failure } from "../src/api/failures";
import { check, isSame, NOTHING } from "../src/logic/booking";
import { carryOver, changesOf, dropDrafts, leave, readDraft, watchLogout, writeDraft } from "../src/logic/drafts";

const fetched = vi.fn<typeof fetch>();

beforeEach(() => {
  vi.stubGlobal("fetch", fetched);
  vi.stubGlobal("document", { cookie: "other=1; csrftoken=a%2Fb" });
});
afterEach(() => {
  vi.unstubAllGlobals();
  fetched.mockReset();
});

function answer(status: number, body: unknown, headers: Record<string, string> = {}): void {
  fetched.mockResolvedValueOnce(new Response(status === 204 ? null : JSON.stringify(body), { status, headers }));
}

async function failure(): Promise<Failure> {
  return call("get", "/api/users/me").then(
    () => expect.fail("it did not fail"),
    (error: unknown) => error as Failure,
  );
}

test("a change carries the token of the cookie, the version and its body", async () => {
  answer(200, { id: "trip_x" }, { ETag: '"2"' });
  const { etag } = await call("patch", "/api/trips/{public_id}", { id: "trip_x", body: { notes: "n" }, ifMatch: '"1"' });
  const [address, request] = fetched.mock.calls[0]!;
  expect(address).toBe("/api/trips/trip_x");
  expect(request).toMatchObject({ method: "PATCH", body: '{"notes":"n"}' });
  expect(request?.headers).toMatchObject({ "X-CSRFToken": "a/b", "If-Match": '"1"', "Content-Type": "application/json" });
  expect(etag).toBe('"2"');
});

test("a query is written into the address, and an empty answer is one", async () => {
  answer(200, { results: [] });
  await call("get", "/api/cities", { query: { search: "são paulo & co", limit: 10 } });
  expect(fetched.mock.calls[0]![0]).toBe("/api/cities?search=s%C3%A3o+paulo+%26+co&limit=10");
  answer(204, null);
  expect((await call("delete", "/api/trips/{public_id}", { id: "trip_x" })).data).toBeUndefined();
});

test.each([
  [400, { code: "overlapping_trip", detail: "You cannot add an overlapping trip.", attr: "end" }, "refused"],
  [403, { code: "not_authenticated", detail: "…" }, "session"],
  [403, { code: "permission_denied", detail: "CSRF Failed" }, "forbidden"],
  [404, { code: "not_found" }, "missing"],
  [412, { code: "changed_meanwhile" }, "conflict"],
  [429, {}, "later"],
  [500, { code: "error" }, "broken"],
  [503, { code: "unavailable" }, "later"],
])("%i %j is %s", async (status, body, kind) => {
  answer(status, body);
  expect((await failure()).kind).toBe(kind);
});

test("what is refused is told in the server's words, at the field", async () => {
  answer(400, { code: "overlapping_trip", detail: "You cannot add an overlapping trip.", attr: "end" });
  expect(await failure()).toMatchObject({ message: "You cannot add an overlapping trip.", attr: "end" });
});

test("no answer, and one that is no JSON, are failures that may be tried again", async () => {
  fetched.mockRejectedValueOnce(new TypeError("Failed to fetch"));
  expect(await failure()).toMatchObject({ kind: "network", mayWorkLater: true });
  fetched.mockResolvedValueOnce(new Response("<html>", { status: 200 }));
  expect(await failure()).toMatchObject({ kind: "broken", mayWorkLater: true });
  fetched.mockResolvedValueOnce(new Response("<html>", { status: 502 }));
  expect(await failure()).toMatchObject({ kind: "later", mayWorkLater: true });
});

test("an answer that is cut off half-way is no success, whatever came of it", async () => {
  for (const half of ["", '{"first_name":"An']) {
    const pull = (stream: ReadableStreamDefaultController<Uint8Array>) => stream.error(new TypeError("network error"));
    const start = (stream: ReadableStreamDefaultController<Uint8Array>) => half && stream.enqueue(new TextEncoder().encode(half));
    fetched.mockResolvedValueOnce(new Response(new ReadableStream({ start, pull }), { status: 200 }));
    expect(await failure()).toMatchObject({ kind: "network", mayWorkLater: true });
  }
  fetched.mockResolvedValueOnce(new Response("", { status: 200 }));
  expect(await failure()).toMatchObject({ kind: "broken", mayWorkLater: true });
});

test("a search that was given up is no failure", async () => {
  const stop = new AbortController();
  fetched.mockImplementationOnce(() => {
    stop.abort();
    return Promise.reject(new DOMException("aborted", "AbortError"));
  });
  await expect(call("get", "/api/cities", { signal: stop.signal })).rejects.toThrow(DOMException);
});

test("a booking says what it lacks, field by field", () => {
  expect(Object.keys(check(NOTHING))).toEqual(["city", "start", "end"]);
  const booking = { city: { id: 1, label: "Paris, FR" }, start: "2040-01-05", end: "2040-01-04", notes: "" };
  expect(check(booking)).toEqual({ end: "The last day must not be before the first day." });
  expect(check({ ...booking, end: "2040-01-05" })).toEqual({});
});

test("bookings are the same if they say the same, however the server has trimmed them", () => {
  const booking = { city: { id: 1, label: "Paris, FR" }, start: "2040-01-05", end: "2040-01-07", notes: "two\nlines\n" };
  expect(isSame(booking, { ...booking, city: { id: 1, label: "Paris" }, notes: "two\nlines" })).toBe(true);
  const others = [{ city: { id: 2, label: "" } }, { start: "2040-01-04" }, { end: "2040-01-08" }, { notes: "" }];
  for (const other of others) expect(isSame(booking, { ...booking, ...other })).toBe(false);
});

test("what was typed is carried over to what is new; the rest is as it is now", () => {
  const base = { name: "Ann", home: { id: 1 }, from: "" };
  const typed = { ...base, home: { id: 1 }, name: "Anna" };
  expect(changesOf(typed, base)).toEqual({ name: "Anna" });
  expect(carryOver(typed, base, { name: "An", home: { id: 2 }, from: "09:00" })).toEqual({
    name: "Anna",
    home: { id: 2 },
    from: "09:00",
  });
});

test("other tabs hear of a logout, the one that it began in does not", async () => {
  const other = new BroadcastChannel("witw");
  const heard = new Promise((resolve) => (other.onmessage = resolve));
  const here = vi.fn();
  const stop = watchLogout(here);
  leave();
  await heard;
  expect(here).not.toHaveBeenCalled();
  other.postMessage("left");
  await vi.waitFor(() => expect(here).toHaveBeenCalledTimes(1));
  stop();
  other.close();
});

test("drafts are their owner's, survive nonsense, and go with the session", () => {
  const storage: Record<string, string> = {};
  Object.defineProperties(storage, {
    getItem: { value: (key: string) => storage[key] ?? null },
    setItem: { value: (key: string, value: string) => void (storage[key] = value) },
    removeItem: { value: (key: string) => void delete storage[key] },
  });
  vi.stubGlobal("sessionStorage", storage);
  const kept = { values: { notes: "n" }, base: '"1"' };
  writeDraft("user_a", "new trip", kept);
  storage["other"] = "kept";
  expect(readDraft("user_a", "new trip")).toEqual(kept);
  expect(readDraft("user_b", "new trip")).toBeNull();
  for (const nonsense of ["{", "null", '"x"', '{"notes":"as an earlier release kept them"}']) {
    storage["draft user_b new trip"] = nonsense;
    expect(readDraft("user_b", "new trip")).toBeNull();
  }
  dropDrafts();
  expect(Object.keys(storage)).toEqual(["other"]);
});

test("a page without storage still works", () => {
  vi.stubGlobal("sessionStorage", undefined);
  writeDraft("user_a", "new trip", { values: {}, base: null });
  expect(readDraft("user_a", "new trip")).toBeNull();
  dropDrafts();
});
