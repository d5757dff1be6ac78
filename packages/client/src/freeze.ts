// Freezing of what comes back, so that changing a shared object fails where it happens.

/** Freezes a value and everything in it; parts that are frozen already are taken as frozen throughout. */
export function freezeDeeply<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value) || ArrayBuffer.isView(value)) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) freezeDeeply(part);
  return value;
}
