// Generated from crds/ by `npm run generate`: change the kinds there, not here.
import type { ValidateFunction } from 'ajv'

export declare const Action: ValidateFunction
export declare const Channels: ValidateFunction
export declare const Connection: ValidateFunction
export declare const Connector: ValidateFunction
export declare const Guardrail: ValidateFunction
export declare const Overlay: ValidateFunction
export declare const Role: ValidateFunction
export declare const RoleBinding: ValidateFunction
export declare const Share: ValidateFunction
export declare const Tenant: ValidateFunction
export declare const Workflow: ValidateFunction
export declare const WorkflowTest: ValidateFunction
