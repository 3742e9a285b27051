/** Asks before something is done that cannot be undone; the browser's own dialog keeps the focus in it. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface Props {
  title: string;
  yes: string;
  no: string;
  busy: boolean;
  confirm: () => void;
  close: () => void;
  children?: ComponentChildren;
}

export function Confirm({ title, yes, no, busy, confirm, close, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const left = useRef(false);
  useEffect(() => dialog.current?.showModal(), []);
  // Browsers tell of a closed dialog some time after they gave the focus back. Who asks again in between must not have
  // the new question taken away by the end of the old one: so leave at once, and once only.
  const leave = (event?: Event) => {
    event?.preventDefault();
    if (left.current) return;
    left.current = true;
    dialog.current?.close();
    close();
  };
  return (
    <dialog ref={dialog} class="card" aria-labelledby="question" onCancel={leave} onClose={leave}>
      <h2 id="question" dir="auto">
        {title}
      </h2>
      {children}
      <div class="actions">
        <button type="button" class="danger" aria-disabled={busy} onClick={() => !busy && confirm()}>
          {yes}
        </button>
        <button type="button" onClick={leave}>
          {no}
        </button>
      </div>
    </dialog>
  );
}
