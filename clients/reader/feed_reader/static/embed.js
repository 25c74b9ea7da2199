// <live-feed src="https://host/c/ID"></live-feed> on any site. This is the one script tag; the rest comes when needed.
(() => {
  const base = new URL(".", document.currentScript.src);
  if (customElements.get("live-feed")) return;

  class LiveFeed extends HTMLElement {
    static observedAttributes = ["src"];
    #board = null;

    connectedCallback() {
      this.#show();
    }

    disconnectedCallback() {
      this.#board?.close();
      this.#board = null;
    }

    attributeChangedCallback(_name, before) {
      if (before !== null && this.isConnected) this.#show();
    }

    async #show() {
      this.disconnectedCallback();
      const address = this.getAttribute("src");
      if (!address) return;
      const { Board } = await import(new URL("static/board.js", base).href);
      if (!this.isConnected || this.getAttribute("src") !== address) return; // changed its mind meanwhile
      this.#board = new Board(this, new URL(address, location.href));
      await this.#board.open();
    }
  }

  customElements.define("live-feed", LiveFeed);
})();
