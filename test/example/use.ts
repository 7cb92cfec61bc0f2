import {
	type BenchResult,
	bench,
	download,
	loadScenario,
	type Outcome,
	type Plan,
	plan,
	startFlagServer,
} from 'flagdl';

/** Downloads flags from a server with known faults, and prints the differences from the plan. */
export async function differences(folder: string, signal: AbortSignal): Promise<string[]> {
	const { scenario } = loadScenario('flaky', '.');
	const server = await startFlagServer({ scenario });
	try {
		const planned: Plan = plan(scenario, ['br', 'cn', 'in'], { retries: 3 });
		const targets = planned.targets.map(({ id, path }) => ({
			id,
			url: server.url + path,
			dest: `${folder}/${id}.gif`,
		}));
		const outcomes: Outcome[] = [];
		for await (const outcome of download(targets, { concurrency: 8, signal })) {
			outcomes.push(outcome);
		}
		return planned.targets
			.filter(({ id, status, requests }) => {
				const outcome = outcomes.find(({ target }) => target.id === id);
				return outcome?.status !== status || outcome.requests !== requests;
			})
			.map(({ id }) => id);
	} finally {
		await server.close();
	}
}

export async function compare(): Promise<BenchResult> {
	const codes = ['br', 'cn'];
	return await bench({
		codes,
		strategies: ['async'],
		concurrency: [2],
		scenario: 'local',
		rounds: 1,
	});
}
