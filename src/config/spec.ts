import type { z } from "zod";

/** A section of a configuration file. */
export interface SectionSpec {
  readonly comment: string;
  readonly schema: z.ZodObject;
  /**
   * Only this choice of a key at the top uses the section, which must then be there. A section without a choice always
   * applies, and has defaults for all of its keys.
   */
  readonly choice?: { readonly key: string; readonly value: string };
}

/** A configuration file: keys at the top, then sections. */
export interface FileSpec {
  readonly title: string;
  readonly top: z.ZodObject;
  readonly sections: Readonly<Record<string, SectionSpec>>;
}

/** The checked values of a file, with names as TypeScript writes them. */
export type ConfigOf<F extends FileSpec> = CamelKeys<z.output<F["top"]>> & {
  readonly [K in keyof F["sections"] & string as Camel<K>]:
    | CamelKeys<z.output<F["sections"][K]["schema"]>>
    | (F["sections"][K] extends { readonly choice: object } ? undefined : never);
};

type Camel<S extends string> = S extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : S;

type CamelKeys<T> = { readonly [K in keyof T & string as Camel<K>]: T[K] };

/** `listen_addr` becomes `listenAddr`. */
export function camel(key: string): string {
  return key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** A key with its section: `log.level`, or `listen_addr` at the top. */
export function fullName(section: string, key: string): string {
  return section === "" ? key : `${section}.${key}`;
}

/** `MODELBOX_<SECTION>_<KEY>`. */
export function environmentName(section: string, key: string): string {
  return ["MODELBOX", section, key]
    .filter((part) => part !== "")
    .join("_")
    .toUpperCase();
}
