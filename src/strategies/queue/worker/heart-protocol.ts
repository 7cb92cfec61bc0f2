import type { RedisAddress } from '../redis/address.ts';

/** What the thread that keeps a worker's locks is started with. */
export interface HeartData {
	readonly address: RedisAddress;
	readonly prefix: string;
	/** Of the worker. */
	readonly name: string;
	readonly lockMs: number;
	/** Counted up by the main thread for as long as its event loop turns. */
	readonly beats: Int32Array<SharedArrayBuffer>;
}

export type ToHeart =
	| { readonly type: 'hold'; readonly jobId: string; readonly token: string }
	| { readonly type: 'drop'; readonly jobId: string }
	| { readonly type: 'close' };

export type FromHeart =
	| { readonly type: 'ready' }
	/** Somebody else has this lock by now. */
	| { readonly type: 'lost'; readonly jobId: string; readonly token: string };
