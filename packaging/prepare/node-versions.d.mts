export declare const nodeVersions: readonly string[];
