/** What several pages show, fetched once and shared. */

import { useEffect, useState } from "preact/hooks";
import { call } from "./call";
import { Failure } from "./failures";
import type { Match, TeamMap, Trip, User } from "./types";

/** Something of the server's: what is known of it, and what went wrong at the last look. */
export class Resource<T> {
  data: T | null = null;
  failure: Failure | null = null;
  /** Another number after every change. */
  version = 0;
  private listeners = new Set<() => void>();
  private loading: Promise<void> | null = null;
  /** Whether something has changed since the look in hand began: its answer may be older than the change. */
  private overtaken = false;
  private loadedAt = 0;

  constructor(private readonly fetch: () => Promise<T>) {}

  /** Look again; looks at the same time are one. What is known stays known if it fails. */
  load(): Promise<void> {
    this.loading ??= this.look().finally(() => {
      this.loading = null;
    });
    return this.loading;
  }

  /** Look again after a change: with an answer that began after it, whatever is being looked up already. */
  renew(): Promise<void> {
    this.overtaken = this.loading !== null;
    return this.load();
  }

  /** Look again if the last look was longer ago than `age` ms. */
  refresh(age: number): void {
    if (Date.now() - this.loadedAt > age) void this.load();
  }

  /** What is known is no longer so: look again, at once if somebody shows it, else when somebody will. */
  forget(): void {
    if (this.listeners.size) {
      void this.renew();
      return;
    }
    this.overtaken = this.loading !== null;
    this.data = null;
  }

  /** Put in place what a call has just answered. */
  set(data: T): void {
    this.overtaken = this.loading !== null;
    this.data = data;
    this.failure = null;
    this.tell();
  }

  /** Tell `listener` of changes from now on, and at once of one since `seen`; returns how to stop that. */
  subscribe(listener: () => void, seen: number): () => void {
    this.listeners.add(listener);
    if (this.version !== seen) listener();
    return () => this.listeners.delete(listener);
  }

  private async look(): Promise<void> {
    do {
      this.overtaken = false;
      const begun = Date.now();
      try {
        const found = await this.fetch();
        if (this.overtaken) continue;
        this.data = found;
        this.failure = null;
        this.loadedAt = begun;
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        this.failure = error;
      }
    } while (this.overtaken);
    this.tell();
  }

  private tell(): void {
    this.version += 1;
    for (const listener of this.listeners) listener();
  }
}

export const me = new Resource<User>(async () => (await call("get", "/api/users/me")).data);
export const team = new Resource<TeamMap>(async () => (await call("get", "/api/map")).data);
export const unseen = new Resource<number>(
  async () => (await call("get", "/api/matches", { query: { state: "unseen", limit: 1 } })).data.count,
);
export const trips = new Resource<Trip[]>(() =>
  everything((offset) => call("get", "/api/trips", { query: { me: "true", limit: 1000, offset } })),
);
export const matches = new Resource<Match[]>(() =>
  everything((offset) => call("get", "/api/matches", { query: { limit: 1000, offset } })),
);

/** Use a resource in a page: it is fetched when it is first used, and the page is drawn again when it changes. */
export function useResource<T>(resource: Resource<T>, age = Infinity): Resource<T> {
  const [, redraw] = useState({});
  const drawn = resource.version;
  useEffect(() => {
    // An effect runs after the page was drawn: the answer may have come in between.
    const stop = resource.subscribe(() => redraw({}), drawn);
    if (resource.data === null) void resource.load();
    else resource.refresh(age);
    return stop;
  }, [resource]);
  return resource;
}

/** After a trip or a home has changed, whatever follows from it has too. */
export function forgetWhatFollows(): void {
  for (const resource of [team, unseen, trips]) void resource.renew();
  matches.forget();
}

async function everything<T>(
  page: (offset: number) => Promise<{ data: { count: number; results: T[] } }>,
): Promise<T[]> {
  const found: T[] = [];
  for (;;) {
    const { count, results } = (await page(found.length)).data;
    found.push(...results);
    if (!results.length || found.length >= count) return found;
  }
}
