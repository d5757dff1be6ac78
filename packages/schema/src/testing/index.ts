// For tests of other packages: bodies as programs in Go send them.
export { encodeBody } from '../protobuf/encode.suite.ts';
