import { demo } from './demo.ts';
import { fleet } from './fleet.ts';
import type { ScenarioMaker } from './scenario.ts';

/** Every story by its name on the command line. */
export const scenarios: Readonly<Record<string, ScenarioMaker>> = { fleet, demo };
