// The version that --version prints and that reports carry.

export const VERSION = '0.1.0';
