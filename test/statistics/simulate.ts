/** Causes of the variation between runs, as shares of the duration. */
export interface World {
	/** Standard deviation of the logarithm of each run. */
	readonly noise: number;
	/** Standard deviation of the step from round to round that both runs of a round share. */
	readonly drift: number;
	/** Probability and factor of a run that is delayed. */
	readonly outlierShare: number;
	readonly outlierFactor: number;
}

/** Rounds of a bench in which the first takes `truth` times as long as the second. */
export function simulate(
	truth: number,
	rounds: number,
	world: World,
	random: () => number,
): readonly (readonly [number, number])[] {
	let level = 1000;
	const runMs = () => {
		const heldUp = random() < world.outlierShare ? world.outlierFactor : 1;
		return level * Math.exp(world.noise * normal(random)) * heldUp;
	};

	return Array.from({ length: rounds }, () => {
		level *= Math.exp(world.drift * normal(random));
		return [truth * runMs(), runMs()] as const;
	});
}

/** Box–Muller transform. */
function normal(random: () => number): number {
	return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
