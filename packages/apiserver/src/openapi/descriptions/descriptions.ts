/** By the last three parts of a type's name, 'core.v1.PodSpec': the type's description and those of its fields. */
export type Descriptions = Readonly<Record<string, readonly [type: string, fields: Readonly<Record<string, string>>]>>;
