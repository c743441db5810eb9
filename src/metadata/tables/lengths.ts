/** How long the texts of the schema can be where the domain sets no limit. Dialects need it to index a text. */
export const KIND_LENGTH = 16;
export const ACTOR_LENGTH = 256;
