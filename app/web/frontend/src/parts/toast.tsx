/** A short message that outlives the page it was said on; read out by screen readers. */

import { useEffect, useState } from "preact/hooks";

const SHOWN_FOR = 6_000;

let show: (message: string) => void = () => undefined;

/** Tell people that something is done. */
export function say(message: string): void {
  show(message);
}

export function Toast() {
  const [message, setMessage] = useState<{ text: string; number: number } | null>(null);
  useEffect(() => {
    show = (text) => setMessage((before) => ({ text, number: (before?.number ?? 0) + 1 }));
  }, []);
  useEffect(() => {
    if (!message) return undefined;
    const timer = setTimeout(() => setMessage(null), SHOWN_FOR);
    return () => clearTimeout(timer);
  }, [message]);
  return (
    <div class="toast" role="status">
      {/* Another paragraph each time: the same words, said again, are seen and read out again. */}
      {message && <p key={message.number}>{message.text}</p>}
    </div>
  );
}
