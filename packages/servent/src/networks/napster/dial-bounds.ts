// Where strangers may send us.
/** Ports below belong to the system's own services, which nobody may make us knock at. */
export const PORT_LEAST = 1024;
