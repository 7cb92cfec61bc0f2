/** A step of a chain of redirects: which, and of which attempt. */
export interface Hop {
	/** From 1: the request that the first redirect led to. */
	readonly hop: number;
	readonly attempt: number;
}

const QUERY = /^flagdl-hop=([1-9]\d{0,3})\.([1-9]\d{0,5})$/;

/** Hops carry a query, so that following them is not a new attempt on the path. */
export function hopLocation(path: string, { hop, attempt }: Hop): string {
	return `${path}?flagdl-hop=${hop}.${attempt}`;
}

export function parseHop(query: string): Hop | undefined {
	const match = QUERY.exec(query);
	return match === null ? undefined : { hop: Number(match[1]), attempt: Number(match[2]) };
}
