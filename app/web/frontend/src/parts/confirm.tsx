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
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="card" aria-labelledby="question" onClose={close}>
      <h2 id="question" dir="auto">
        {title}
      </h2>
      {children}
      <div class="actions">
        <button type="button" class="danger" aria-disabled={busy} onClick={() => !busy && confirm()}>
          {yes}
        </button>
        <button type="button" onClick={close}>
          {no}
        </button>
      </div>
    </dialog>
  );
}
