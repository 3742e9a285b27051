/** A page that breaks says so, and the frame around it goes on. */

import { Component, type ComponentChildren } from "preact";

export class Boundary extends Component<{ children: ComponentChildren }, { broken: boolean }> {
  override state = { broken: false };

  static override getDerivedStateFromError(): { broken: boolean } {
    return { broken: true };
  }

  override componentDidCatch(error: unknown): void {
    console.error(error);
  }

  override render() {
    if (!this.state.broken) return this.props.children;
    return (
      <section class="card narrow" role="alert">
        <h1>This page broke</h1>
        <p>What you have typed is kept. Load it again; if that does not help, tell whoever runs witw for you.</p>
        <button class="main" type="button" onClick={() => location.reload()}>
          Load the page again
        </button>
      </section>
    );
  }
}
