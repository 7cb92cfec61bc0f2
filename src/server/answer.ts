/** An answer before it is sent. */
export interface Answer {
	readonly status: number;
	/** Without the fields of the connection, which the sender adds. */
	readonly headers: Readonly<Record<string, string>>;
	/** The same as names and values in turn, kept where an answer is given again and again. */
	readonly fields?: readonly string[];
	/** Absent with 204 and 304. Never changed: files share it. */
	readonly body?: Buffer;
}

export function fieldsOf({ fields, headers }: Answer): readonly string[] {
	return fields ?? Object.entries(headers).flat();
}

export function textAnswer(
	status: number,
	text: string,
	headers: Readonly<Record<string, string>> = {},
): Answer {
	return bodyAnswer(status, Buffer.from(text), 'text/plain; charset=utf-8', headers);
}

export function jsonAnswer(status: number, value: unknown): Answer {
	return bodyAnswer(status, Buffer.from(`${JSON.stringify(value)}\n`), 'application/json');
}

function bodyAnswer(
	status: number,
	body: Buffer,
	contentType: string,
	headers: Readonly<Record<string, string>> = {},
): Answer {
	return {
		status,
		headers: {
			'content-type': contentType,
			'content-length': String(body.length),
			'cache-control': 'no-store',
			...headers,
		},
		body,
	};
}
