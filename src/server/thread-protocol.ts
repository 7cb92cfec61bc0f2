/** The one message of the server's thread: where it listens, or why it does not. */
export type ThreadReply =
	| { readonly url: string }
	| { readonly message: string; readonly code?: string };
