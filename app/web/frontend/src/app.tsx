/** The frame: what is on every page, and which page it is. */

import { useEffect, useRef } from "preact/hooks";
import { cookie } from "./api/call";
import { unreachable } from "./api/failures";
import { me, team, unseen, useResource } from "./api/store";
import { parseDay, today } from "./logic/days";
import { dropDrafts, leave as leaveAllTabs, watchLogout } from "./logic/drafts";
import { flag, nameOf } from "./logic/labels";
import { whereIs } from "./logic/places";
import { MapPage } from "./pages/map";
import { MatchesPage } from "./pages/matches";
import { NotFoundPage } from "./pages/not_found";
import { ProfilePage } from "./pages/profile";
import { TripPage } from "./pages/trip";
import { TripsPage } from "./pages/trips";
import { WelcomePage } from "./pages/welcome";
import { Avatar } from "./parts/avatar";
import { Boundary } from "./parts/boundary";
import { Problem } from "./parts/problem";
import { say, Toast } from "./parts/toast";
import { go, Link, usePath } from "./router";

/** After so long a look elsewhere, in ms, what is shown is looked up again. */
const STALE = 60_000;

/** So long the server may take to end a session, in ms. */
const PATIENCE = 15_000;

export function App({ worldUrl }: { worldUrl: string }) {
  const path = usePath();
  const user = useResource(me);
  useEffect(() => {
    const lookAgain = () => {
      if (document.visibilityState !== "visible") return;
      for (const resource of [me, team, unseen]) resource.refresh(STALE);
    };
    document.addEventListener("visibilitychange", lookAgain);
    return () => document.removeEventListener("visibilitychange", lookAgain);
  }, []);
  useEffect(() => watchLogout(() => {
    dropDrafts();
    location.reload();
  }), []);
  const isNew = user.data !== null && user.data.home_city === null;
  useEffect(() => {
    if (isNew && path !== "/welcome") go("/welcome", { replace: true });
  }, [isNew, path]);
  return (
    <>
      <header class="bar">
        <Link class="brand" href="/">
          <span class="logo" aria-hidden="true" />
          witw
        </Link>
        {isNew ? <span class="grow" /> : <Navigation path={path} />}
        {user.data && !isNew && <Here userId={user.data.id} name={nameOf(user.data)} avatar={user.data.avatar_url} />}
        <LogOut />
      </header>
      <main id="content">
        <Boundary key={path}>
          {user.data ? (
            <CurrentPage path={isNew ? "/welcome" : path} worldUrl={worldUrl} />
          ) : user.failure ? (
            <Problem failure={user.failure} retry={() => void me.load()} />
          ) : (
            <p class="loading" role="status">
              Loading …
            </p>
          )}
        </Boundary>
      </main>
      <Toast />
    </>
  );
}

function Navigation({ path }: { path: string }) {
  const count = useResource(unseen).data ?? 0;
  return (
    <nav aria-label="Main">
      <Link href="/" current={path === "/"}>
        Map
      </Link>
      <Link href="/matches" current={path === "/matches"}>
        Matches{" "}
        {/* Its place is kept while nothing is known, so that the links beside it do not move. */}
        <span class={count ? "badge" : "badge none"}>
          {count > 99 ? "99+" : count}
          <span class="sr"> new</span>
        </span>
      </Link>
      <Link href="/trips" current={path.startsWith("/trips")}>
        Trips
      </Link>
      <Link href="/profile" current={path === "/profile"}>
        Profile
      </Link>
    </nav>
  );
}

/** What was typed is forgotten in all tabs, for somebody else may come; but only once the session has ended. */
function LogOut() {
  const token = useRef<HTMLInputElement>(null);
  const leave = async (form: HTMLFormElement) => {
    if (token.current) token.current.value = cookie("csrftoken");
    const body = new URLSearchParams({ csrfmiddlewaretoken: cookie("csrftoken") });
    try {
      // Success leads to the login page, which this document goes to by itself.
      const { type } = await fetch(form.action, { method: "POST", body, redirect: "manual", signal: AbortSignal.timeout(PATIENCE) });
      if (type !== "opaqueredirect") return form.submit(); // for the server to say why
    } catch {
      return say(unreachable().message);
    }
    leaveAllTabs();
    location.assign("/login");
  };
  return (
    <form
      class="out"
      method="post"
      action="/logout"
      onSubmit={(event) => {
        event.preventDefault();
        void leave(event.currentTarget);
      }}
    >
      <input type="hidden" name="csrfmiddlewaretoken" ref={token} />
      <button class="quiet">Log out</button>
    </form>
  );
}

/** Who and where I am today. */
function Here({ userId, name, avatar }: { userId: string; name: string; avatar: string }) {
  const { data } = useResource(team);
  const myself = data?.people.find(({ id }) => id === userId);
  const where = data && myself && whereIs(myself, today(), parseDay(data.first_day)).city;
  const city = where === null || where === undefined ? undefined : data?.cities[where];
  return (
    <p class="here">
      <span class="where" dir="auto">
        {city ? `Today in ${city.name} ${flag(city)}` : " "}
      </span>
      <Avatar id={userId} name={name} avatar={avatar} />
    </p>
  );
}

function CurrentPage({ path, worldUrl }: { path: string; worldUrl: string }) {
  if (path === "/") return <MapPage worldUrl={worldUrl} />;
  if (path === "/matches") return <MatchesPage />;
  if (path === "/trips") return <TripsPage />;
  if (path === "/profile") return <ProfilePage />;
  if (path === "/welcome") return <WelcomePage />;
  const trip = /^\/trips\/(new|trip_[A-Za-z0-9]{24})$/.exec(path)?.[1];
  if (trip) return <TripPage key={trip} id={trip === "new" ? null : trip} />;
  return <NotFoundPage />;
}
