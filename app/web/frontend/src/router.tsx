/** Pages by address, without leaving the document. Django serves the same shell for each of them. */

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

const listeners = new Set<() => void>();

/** The path that the browser shows. */
export function usePath(): string {
  const [path, setPath] = useState(location.pathname);
  useEffect(() => watchAddress(() => setPath(location.pathname)), []);
  return path;
}

/** Tell `changed` whenever people go to an address, be it the same page once more; returns how to stop that. */
export function watchAddress(changed: () => void): () => void {
  listeners.add(changed);
  addEventListener("popstate", changed);
  return () => {
    listeners.delete(changed);
    removeEventListener("popstate", changed);
  };
}

/** Go to another page. */
export function go(path: string, { replace = false } = {}): void {
  if (replace) history.replaceState(null, "", path);
  else history.pushState(null, "", path);
  for (const listener of listeners) listener();
  scrollTo(0, 0);
}

interface LinkProps {
  href: string;
  class?: string | undefined;
  current?: boolean;
  label?: string;
  children: ComponentChildren;
}

/** A link to a page of ours; with Ctrl and the like it does what links do. */
export function Link({ href, current, label, children, ...rest }: LinkProps): JSX.Element {
  const follow = (event: MouseEvent) => {
    if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(href);
  };
  return (
    <a href={href} onClick={follow} aria-current={current ? "page" : undefined} aria-label={label} {...rest}>
      {children}
    </a>
  );
}

/** A page: its title in the window, and its heading focused when one comes from another page. */
export function Page(props: { title: string; lead?: ComponentChildren; class?: string; children: ComponentChildren }) {
  useEffect(() => {
    const isFirst = !document.body.dataset.shown;
    document.body.dataset.shown = "yes";
    if (!isFirst) document.getElementById("heading")?.focus({ preventScroll: true });
  }, []);
  useEffect(() => {
    document.title = `${props.title} · where in the world`;
  }, [props.title]);
  return (
    <div class={props.class}>
      <div class="head">
        <h1 id="heading" tabIndex={-1} dir="auto">
          {props.title}
        </h1>
        {props.lead}
      </div>
      {props.children}
    </div>
  );
}
