const MOST = 4096;

/** The last of what a client wrote, to show when it failed. */
export class Tail {
	#text = '';
	#cut = false;

	add(text: string): void {
		this.#cut ||= this.#text.length + text.length > MOST;
		this.#text = (this.#text + text).slice(-MOST);
	}

	/** At most 4096 characters; `…` stands for what came before. */
	get text(): string {
		return `${this.#cut ? '…' : ''}${this.#text}`.trimEnd();
	}
}
