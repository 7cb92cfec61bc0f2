import { async } from './async.ts';
import { sequential } from './sequential.ts';
import type { Strategy } from './strategy.ts';
import { threads } from './threads/index.ts';

export type StrategyName = 'sequential' | 'threads' | 'async';

/** Every strategy by its name. Adding one is a file and a line here. */
export const strategies: Readonly<Record<StrategyName, Strategy>> = { sequential, threads, async };
