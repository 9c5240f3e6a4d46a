/** What the platform answers, as far as the console shows it. The rest is kept but not named. */

export interface User {
  id: number;
  username: string;
  fullName: string;
  organizationName: string;
  accountName: string;
  organizationAdmin: boolean;
  accountAdmin: boolean;
}

export interface Session {
  user: User;
  csrf: string;
  mustChangePassword: boolean;
  sandbox: boolean;
  version: string;
  apiUrl: string;
  callbackUrl: string;
}

export interface ElementSummary {
  id: number;
  key: string;
  name: string;
  description: string;
  hub: string;
  active: boolean;
  typeOauth: boolean;
  beta?: boolean;
  signupURL?: string;
  existingAccountDescription?: string;
}

export interface Entry {
  key: string;
  name: string;
  description?: string;
  type: string;
  required?: boolean;
  defaultValue?: string;
  hideFromConsole?: boolean;
  internal?: boolean;
  source?: string;
  options?: { value: string; name: string }[] | string[];
}

export interface Parameter {
  name: string;
  type: string;
  required?: boolean;
  description?: string;
  defaultValue?: string;
  vendorName?: string;
}

export interface Resource {
  method: string;
  path: string;
  type: string;
  description?: string;
  objectName?: string;
  note?: string;
  source?: string;
  vendorMethod?: string;
  vendorPath?: string;
  parameters?: Parameter[];
}

export interface Authentication {
  type: string;
  authorizeUrl?: string;
  note?: string;
  source?: string;
}

export interface Element extends ElementSummary {
  authentication: Authentication;
  configuration: Entry[];
  resources: Resource[];
  hosts?: string[];
  configDescription?: string;
}

export interface Hub {
  id: number;
  key: string;
  name: string;
  description: string;
}

export interface Instance {
  id: number;
  name: string;
  createdDate: string;
  updatedDate: string;
  /** Only in the answer that made it. */
  token?: string;
  element: ElementSummary;
  tags: string[];
  valid: boolean;
  /** Why it is not. */
  invalidReason?: string;
  invalidSince?: string;
  disabled: boolean;
  cachingEnabled: boolean;
  /** Seconds; 0 when nobody said. */
  cacheTimeToLive: number;
  /** Answers; 0 when nobody said. */
  maxCacheSize: number;
  eventsEnabled: boolean;
  configuration?: Record<string, string>;
  /** Of an element of the organization's own. */
  elementVersion?: number;
  user: { id: number; emailAddress: string; accountId: number };
}

export interface InstanceEntry {
  id: number;
  key: string;
  name: string;
  description?: string;
  type: string;
  required: boolean;
  hideFromConsole?: boolean;
  propertyValue?: string;
}

export interface Application {
  element: { id: number; key: string; name: string };
  apiKey: string;
  apiSecret: string;
  callbackUrl?: string;
  scope?: string;
}

export interface UsageRow {
  traffic_id: string;
  request_id: string;
  request_status: "SUCCESS" | "FAILED";
  request_method: string;
  request_uri: string;
  request_ip: string;
  element_key?: string;
  element_instance_id?: number;
  process_time: number;
  traffic_date: string;
  status: number;
  vendor_status?: number;
  attempts: number;
  waits: number;
  /** Only with a single row, and only of a call that failed. */
  message?: string;
  provider_message?: string;
  failed_attempts?: FailedAttempt[];
}

/** A request to the vendor that did not go well; times in milliseconds. */
export interface FailedAttempt {
  status?: number;
  took: number;
  waited?: number;
}

/** Calls of a span of time. */
export interface Counted {
  timestamp: string;
  count: number;
  success: number;
  failed: number;
}

/** An entry of the record of what happened to an instance's credential. */
export interface CustodyEntry {
  number: number;
  date: string;
  event: string;
  detail: string;
  /** Without one the platform acted by itself. */
  userId?: number;
  apiKeyId?: number;
  requestId?: string;
}

export interface Metadata {
  proven: Proof[];
}

/** A call that has been seen to work. */
export interface Proof {
  /** `GET /contacts`, without the hub. */
  resource: string;
  status: "live-verified" | "simulated";
  date: string;
}

export interface Count {
  totalInstances: number;
  elementInstances: { key: string; count: number }[];
}

export interface Organization {
  id: number;
  name: string;
  branding: { accent: string; logo: string };
}

export interface ApiKey {
  id: number;
  name: string;
  scopes: string[];
  elements: string[];
  tags: string[];
  createdDate: string;
  expiresDate?: string;
  /** Only in the answer that made it. */
  key?: string;
  secrets: { hint: string; createdDate: string; expiresDate?: string; lastUsedDate?: string }[];
}
