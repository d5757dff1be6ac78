export type { ConversionContext } from './convert.ts';
export { convertResponse } from './convert.ts';
export type { IncludeObject, Negotiated, OutputForm, WireFormat } from './output-form.ts';
export { negotiateOutput, wireFormatOf } from './output-form.ts';
