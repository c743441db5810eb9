import type { Aim, Figure, Sample } from "./bench.ts";

/** The middle one; between the two middle ones of an even number. */
export function median(sample: Sample): number {
  return percentile(sample, 50);
}

/** Linear between neighbours; 0 is the smallest, 100 the largest. */
export function percentile(sample: Sample, percent: number): number {
  const sorted = sample.toSorted((a, b) => a - b);
  const position = ((sorted.length - 1) * percent) / 100;
  const below = sorted[Math.floor(position)];
  const above = sorted[Math.ceil(position)];
  if (below === undefined || above === undefined) throw new RangeError("a sample has at least one value");
  return below + (above - below) * (position - Math.floor(position));
}

/** Half the distance between smallest and largest, in relation to the median. */
export function noise(sample: Sample): number {
  return (Math.max(...sample) - Math.min(...sample)) / 2 / median(sample);
}

/** Ours divided by the peer's, of the medians. */
export function ratio(figure: Figure): number | undefined {
  return figure.peer && median(figure.ours) / median(figure.peer.sample);
}

/** Whether a figure reaches its aim; undefined when it has none. */
export function isMet(figure: Figure): boolean | undefined {
  const { aim } = figure;
  if (!aim) return undefined;
  const value = aim.of === "value" ? median(figure.ours) : ratio(figure);
  if (value === undefined) throw new Error(`${figure.name} has an aim for a ratio, and no peer`);
  return reaches(value, aim);
}

function reaches(value: number, aim: Aim): boolean {
  return aim.bound === "at least" ? value >= aim.limit : value <= aim.limit;
}

/** One thing of several that are compared; `measure` prepares, measures, and cleans up. */
export interface Contestant {
  readonly name: string;
  measure(round: number): Promise<number>;
}

/**
 * Measures all in turn, again and again, so that a change of the machine's mood meets them alike. Every round begins with
 * another one, so that none always runs after the same neighbour.
 */
export async function interleave(
  rounds: number,
  contestants: readonly Contestant[],
  log: (line: string) => void,
): Promise<ReadonlyMap<string, Sample>> {
  const samples = new Map<string, number[]>(contestants.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < contestants.length; turn += 1) {
      const contestant = contestants[(turn + round) % contestants.length];
      if (!contestant) continue;
      const value = await contestant.measure(round);
      log(`round ${round + 1} of ${rounds}: ${contestant.name}: ${value.toFixed(1)}`);
      samples.get(contestant.name)?.push(value);
    }
  }
  return samples;
}

/** The sample of a contestant that took part. */
export function sampleOf(samples: ReadonlyMap<string, Sample>, name: string): Sample {
  const sample = samples.get(name);
  if (!sample || sample.length === 0) throw new Error(`nothing was measured for ${name}`);
  return sample;
}
