import { expect, test, vi } from "vitest";
import { Failure } from "../src/api/failures";
import { Resource } from "../src/api/store";

test("whoever listens is told of each change, and at once of one that they have missed", async () => {
  const resource = new Resource(() => Promise.resolve("there"));
  const early = vi.fn();
  const late = vi.fn();
  const drawn = resource.version;
  const stop = resource.subscribe(early, drawn);
  expect(early).not.toHaveBeenCalled();
  await resource.load();
  expect(early).toHaveBeenCalledTimes(1);
  resource.subscribe(late, drawn);
  expect(late).toHaveBeenCalledTimes(1);
  stop();
  resource.set("changed");
  expect([early.mock.calls.length, late.mock.calls.length, resource.data]).toEqual([1, 2, "changed"]);
});

test("looks at the same time are one, and what is known stays known when one fails", async () => {
  const fetch = vi.fn().mockResolvedValueOnce("first").mockRejectedValueOnce(new Failure("network", "away"));
  const resource = new Resource<string>(fetch);
  await Promise.all([resource.load(), resource.load()]);
  expect(fetch).toHaveBeenCalledTimes(1);
  await resource.load();
  expect([resource.data, resource.failure?.kind]).toEqual(["first", "network"]);
});

test("only what is old is looked up again", async () => {
  const fetch = vi.fn().mockResolvedValue("x");
  const resource = new Resource<string>(fetch);
  await resource.load();
  resource.refresh(60_000);
  expect(fetch).toHaveBeenCalledTimes(1);
  resource.refresh(-1);
  expect(fetch).toHaveBeenCalledTimes(2);
});

test("after a change no answer counts that began before it", async () => {
  const answers: ((value: string) => void)[] = [];
  const resource = new Resource(() => new Promise<string>((resolve) => answers.push(resolve)));
  const seen: (string | null)[] = [];
  resource.subscribe(() => seen.push(resource.data), resource.version);
  const first = resource.load();
  const second = resource.renew();
  answers[0]?.("old");
  await vi.waitFor(() => expect(answers).toHaveLength(2));
  resource.set("mine");
  answers[1]?.("old too");
  await vi.waitFor(() => expect(answers).toHaveLength(3));
  answers[2]?.("new");
  await Promise.all([first, second]);
  expect(seen).toEqual(["mine", "new"]);
});

test("what is forgotten is looked up again: when somebody shows it, and not out of an older answer", async () => {
  const answers: ((value: string) => void)[] = [];
  const resource = new Resource(() => new Promise<string>((resolve) => answers.push(resolve)));
  const loading = resource.load();
  resource.forget();
  answers[0]?.("old");
  await vi.waitFor(() => expect(answers).toHaveLength(2));
  answers[1]?.("new");
  await loading;
  expect(resource.data).toBe("new");
  resource.forget();
  expect([resource.data, answers.length]).toEqual([null, 2]);
  resource.subscribe(() => undefined, resource.version);
  resource.set("shown");
  resource.forget();
  expect([resource.data, answers.length]).toEqual(["shown", 3]);
});
