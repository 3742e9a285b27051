/** A short message that outlives the page it was said on; read out by screen readers. */

import { useEffect, useState } from "preact/hooks";

const SHOWN_FOR = 6_000;

let show: (message: string) => void = () => undefined;

/** Tell people that something is done. */
export function say(message: string): void {
  show(message);
}

export function Toast() {
  const [message, setMessage] = useState("");
  useEffect(() => {
    show = setMessage;
  }, []);
  useEffect(() => {
    if (!message) return undefined;
    const timer = setTimeout(() => setMessage(""), SHOWN_FOR);
    return () => clearTimeout(timer);
  }, [message]);
  return (
    <div class="toast" role="status">
      {message && <p>{message}</p>}
    </div>
  );
}
