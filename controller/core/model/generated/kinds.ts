// Generated from crds/ by `npm run generate`: change the kinds there, not here.
import type { Json, JsonMap } from '../values.ts'

/**
 * A universal action: a verb without a vendor. Workflows name it; each tenant's connection decides who performs it.
 */
export interface Action {
  /**
   * Always `headwater.dev/v1`.
   */
  apiVersion: 'headwater.dev/v1'
  /**
   * Always `Action`.
   */
  kind: 'Action'
  /**
   * Name and annotations of the object.
   */
  metadata: {
    /**
     * Name of the object.
     */
    name: string
    /**
     * Immutable identity; required for a tenant.
     */
    uid?: string
    /**
     * Free labels.
     */
    labels?: {
      [k: string]: string
    }
    /**
     * Free annotations.
     */
    annotations?: {
      [k: string]: string
    }
  }
  /**
   * What the action takes, gives and does.
   */
  spec: {
    /**
     * What people call it.
     */
    title: string
    /**
     * What it does.
     */
    description?: string
    /**
     * `read` changes nothing, `contain` can be undone, `destructive` cannot.
     */
    effect: 'read' | 'contain' | 'destructive'
    /**
     * The action that undoes this one.
     */
    undo?: string
    /**
     * JSON Schema of the input.
     */
    input: JsonMap
    /**
     * JSON Schema of the output.
     */
    output: JsonMap
    /**
     * The OpenC2 command that says the same.
     */
    openc2?: {
      /**
       * OpenC2 action, such as `contain`.
       */
      action: string
      /**
       * OpenC2 target, such as `device`.
       */
      target: string
    }
  }
}

/**
 * Which release of one workflow each channel points to. Promotion is a change of one line.
 */
export interface Channels {
  /**
   * Always `headwater.dev/v1`.
   */
  apiVersion: 'headwater.dev/v1'
  /**
   * Always `Channels`.
   */
  kind: 'Channels'
  /**
   * Name and annotations of the object.
   */
  metadata: {
    /**
     * Name of the object.
     */
    name: string
    /**
     * Immutable identity; required for a tenant.
     */
    uid?: string
    /**
     * Free labels.
     */
    labels?: {
      [k: string]: string
    }
    /**
     * Free annotations.
     */
    annotations?: {
      [k: string]: string
    }
  }
  /**
   * The channels of the workflow in whose folder the file stands.
   */
  spec: {
    /**
     * Release by channel name.
     */
    channels: {
      [k: string]: string
    }
  }
}

/**
 * A tenant's instance of a product: where it is, and with which secret. Tenants below inherit it.
 */
export interface Connection {
  /**
   * Always `headwater.dev/v1`.
   */
  apiVersion: 'headwater.dev/v1'
  /**
   * Always `Connection`.
   */
  kind: 'Connection'
  /**
   * Name and annotations of the object.
   */
  metadata: {
    /**
     * Name of the object.
     */
    name: string
    /**
     * Immutable identity; required for a tenant.
     */
    uid?: string
    /**
     * Free labels.
     */
    labels?: {
      [k: string]: string
    }
    /**
     * Free annotations.
     */
    annotations?: {
      [k: string]: string
    }
  }
  /**
   * Where the product is reached.
   */
  spec: {
    /**
     * Name of the connector.
     */
    connector: string
    /**
     * Address that the connector's paths are appended to.
     */
    baseUrl: string
    /**
     * Further origins that the secret may be sent to; the base URL's own where absent.
     */
    allowedOrigins?: string[]
    /**
     * Name of the secret in the tenant's secrets.sops.yaml.
     */
    secret?: string
    /**
     * What the connector asks for, such as a directory id.
     */
    settings?: {
      [k: string]: string
    }
  }
}

/**
 * A vendor's product: how it performs universal actions over its HTTP API.
 */
export interface Connector {
  /**
   * Always `headwater.dev/v1`.
   */
  apiVersion: 'headwater.dev/v1'
  /**
   * Always `Connector`.
   */
  kind: 'Connector'
  /**
   * Name and annotations of the object.
   */
  metadata: {
    /**
     * Name of the object.
     */
    name: string
    /**
     * Immutable identity; required for a tenant.
     */
    uid?: string
    /**
     * Free labels.
     */
    labels?: {
      [k: string]: string
    }
    /**
     * Free annotations.
     */
    annotations?: {
      [k: string]: string
    }
  }
  /**
   * How to reach the product, and what it can do.
   */
  spec: {
    /**
     * Who makes it.
     */
    vendor: string
    /**
     * What it is called.
     */
    product: string
    /**
     * Where the vendor documents the API.
     */
    documentation?: string
    /**
     * How a request proves who sends it.
     */
    auth: {
      /**
       * `bearer` sends the secret as a bearer token, `header` in a header of its own, `query` as a parameter of the query, `basic` as user:password, `oauth2` exchanges client id:client secret for a token.
       */
      scheme: 'bearer' | 'header' | 'query' | 'basic' | 'oauth2' | 'none'
      /**
       * Name of the header for the scheme `header`.
       */
      header?: string
      /**
       * Text before the secret in that header, such as `SSWS `.
       */
      prefix?: string
      /**
       * Name of the parameter for the scheme `query`.
       */
      parameter?: string
      /**
       * For `oauth2`: where tokens are made, as a path of the base URL’s origin or as a URL; expressions read `connection.settings`. Another origin must stand in the connection’s `allowedOrigins`.
       */
      tokenUrl?: string
      /**
       * For `oauth2`: the scope to ask for.
       */
      scope?: string
      /**
       * For `oauth2`: whether client id and secret go in the body, as where absent, or as basic authentication.
       */
      clientAuthentication?: 'body' | 'basic'
    }
    /**
     * What a connection must say under `settings`, by name, with a description each.
     */
    settings?: {
      [k: string]: string
    }
    /**
     * Requests that the vendor allows.
     */
    rateLimit?: {
      /**
       * Requests in the window.
       */
      requests: number
      /**
       * Length of the window in seconds.
       */
      perSeconds: number
    }
    /**
     * What the product can do.
     *
     * @minItems 1
     *
     * Items: One universal action, performed by one or more requests in order.
     */
    actions: {
      /**
       * Name of the universal action.
       */
      action: string
      /**
       * True where repeating it does no harm, so that it is tried again after a crash; false where absent.
       */
      idempotent?: boolean
      /**
       * Requests in order. Expressions read `input`, `connection.settings`, `requests.<id>.body` and `key`, which is the same for each attempt of one action.
       *
       * @minItems 1
       *
       * Items: One HTTP request.
       */
      requests: {
        /**
         * Identity of the request.
         */
        id: string
        /**
         * Expression; where it is false the request is left out.
         */
        if?: string
        /**
         * HTTP method.
         */
        method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
        /**
         * Path below the connection's base URL; values of expressions are percent-encoded.
         */
        path: string
        /**
         * Query parameters, as values or expressions.
         */
        query?: JsonMap
        /**
         * Further headers.
         */
        headers?: {
          [k: string]: string
        }
        /**
         * JSON body, as values or expressions.
         */
        body?: Json
        /**
         * Header that takes the idempotency key, where the vendor has one.
         */
        idempotencyHeader?: string
        /**
         * Expression over `requests.<id>` of this and earlier requests; where it is false the answer is a failure, although its status is not.
         */
        ok?: string
        /**
         * The answer comes in pages: they are read to the last, and the items of all stand in the body of the first.
         */
        pages?: {
          /**
           * How the next page is asked for: by a link that the answer holds, by a cursor, by the number of the page, or by how many items came before.
           */
          by: 'link' | 'cursor' | 'page' | 'offset'
          /**
           * Where the list stands in the body, such as `value` or `result.items`; `.` where the body is the list.
           */
          items: string
          /**
           * For `link` and `cursor`: where it stands in the body. A link without it is read from the header `Link`.
           */
          next?: string
          /**
           * For `cursor`, `page` and `offset`: the parameter of the query that takes it.
           */
          parameter?: string
          /**
           * For `page` and `offset`: items of a full page; a shorter one is the last.
           */
          size?: number
          /**
           * For `page`: number of the first page, which is 1 where absent.
           */
          first?: number
          /**
           * Pages to read at most; `requests.<id>.more` says whether others were left. Without it more than 100 pages fail.
           */
          most?: number
        }
        /**
         * A recorded answer, which the sandbox gives.
         */
        example: {
          /**
           * HTTP status.
           */
          status: number
          /**
           * JSON body.
           */
          body?: Json
        }
      }[]
      /**
       * How to find out whether an earlier attempt took effect: asked before the action is tried again, so that one that is not idempotent may be.
       */
      lookup?: {
        /**
         * Requests in order. Expressions read `input`, `connection.settings` and `requests.<id>.body`.
         *
         * @minItems 1
         *
         * Items: One HTTP request.
         */
        requests: {
          /**
           * Identity of the request.
           */
          id: string
          /**
           * Expression; where it is false the request is left out.
           */
          if?: string
          /**
           * HTTP method.
           */
          method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
          /**
           * Path below the connection's base URL; values of expressions are percent-encoded.
           */
          path: string
          /**
           * Query parameters, as values or expressions.
           */
          query?: JsonMap
          /**
           * Further headers.
           */
          headers?: {
            [k: string]: string
          }
          /**
           * JSON body, as values or expressions.
           */
          body?: Json
          /**
           * Header that takes the idempotency key, where the vendor has one.
           */
          idempotencyHeader?: string
          /**
           * Expression over `requests.<id>` of this and earlier requests; where it is false the answer is a failure, although its status is not.
           */
          ok?: string
          /**
           * The answer comes in pages: they are read to the last, and the items of all stand in the body of the first.
           */
          pages?: {
            /**
             * How the next page is asked for: by a link that the answer holds, by a cursor, by the number of the page, or by how many items came before.
             */
            by: 'link' | 'cursor' | 'page' | 'offset'
            /**
             * Where the list stands in the body, such as `value` or `result.items`; `.` where the body is the list.
             */
            items: string
            /**
             * For `link` and `cursor`: where it stands in the body. A link without it is read from the header `Link`.
             */
            next?: string
            /**
             * For `cursor`, `page` and `offset`: the parameter of the query that takes it.
             */
            parameter?: string
            /**
             * For `page` and `offset`: items of a full page; a shorter one is the last.
             */
            size?: number
            /**
             * For `page`: number of the first page, which is 1 where absent.
             */
            first?: number
            /**
             * Pages to read at most; `requests.<id>.more` says whether others were left. Without it more than 100 pages fail.
             */
            most?: number
          }
          /**
           * A recorded answer, which the sandbox gives.
           */
          example: {
            /**
             * HTTP status.
             */
            status: number
            /**
             * JSON body.
             */
            body?: Json
          }
        }[]
        /**
         * Expression over `input`, `key` and `requests.<id>.body`; where it is true the action has been done.
         */
        found: string
        /**
         * Output of the action where it has been done.
         */
        output: JsonMap
      }
      /**
       * Output of the action, as values or expressions over `input` and `requests.<id>.body`.
       */
      output: JsonMap
      /**
       * What a status means, where it differs from the rule (408, 429 and 5xx are tried again, other failures are final; after 500, 502 or 504 an action that may not be repeated is unknown).
       *
       * Items: One status.
       */
      errors?: {
        /**
         * HTTP status.
         */
        status: number
        /**
         * Try again, give up, ask a person what became of it, or take it as done (a user that is already disabled).
         */
        as: 'retry' | 'fail' | 'unknown' | 'succeed'
        /**
         * The cause in plain words.
         */
        message?: string
      }[]
    }[]
  }
}

/**
 * A condition beyond permission: what no workflow may do, or only after a person has approved it.
 */
export interface Guardrail {
  /**
   * Always `headwater.dev/v1`.
   */
  apiVersion: 'headwater.dev/v1'
  /**
   * Always `Guardrail`.
   */
  kind: 'Guardrail'
  /**
   * Name and annotations of the object.
   */
  metadata: {
    /**
     * Name of the object.
     */
    name: string
    /**
     * Immutable identity; required for a tenant.
     */
    uid?: string
    /**
     * Free labels.
     */
    labels?: {
      [k: string]: string
    }
    /**
     * Free annotations.
     */
    annotations?: {
      [k: string]: string
    }
  }
  /**
   * The condition.
   */
  spec: {
    /**
     * `forbid` makes such a workflow invalid for the tenant, `approve` lets each such step wait for a person.
     */
    rule: 'forbid' | 'approve'
    /**
     * Names of the actions it is about.
     */
    actions?: string[]
    /**
     * Effects of the actions it is about.
     */
    effects?: ('read' | 'contain' | 'destructive')[]
    /**
     * Why, in words for the person who meets it.
     */
    message?: string
    /**
     * The tenants meant: those that satisfy every field given here.
     */
    to: {
      /**
       * Path of a tenant, such as `acme/north`; it and all below it. The owner's whole subtree where absent.
       */
      subtree?: string
      /**
       * Values by tag: one of the values of each tag must hold.
       */
      tags?: {
        /**
         * Values of which one must hold.
         *
         * @minItems 1
         */
        [k: string]: string[]
      }
      /**
       * Values by tag: a tenant that has one of them is left out.
       */
      not?: {
        /**
         * Values of which none may hold.
         *
         * @minItems 1
         */
        [k: string]: string[]
      }
      /**
       * Tenant paths to leave out, each with all below it.
       */
      exclude?: string[]
    }
  }
}

/**
 * What a tenant changes in a workflow that it is given, for itself and for the tenants below it.
 */
export interface Overlay {
  /**
   * Always `headwater.dev/v1`.
   */
  apiVersion: 'headwater.dev/v1'
  /**
   * Always `Overlay`.
   */
  kind: 'Overlay'
  /**
   * Name and annotations of the object.
   */
  metadata: {
    /**
     * Name of the object.
     */
    name: string
    /**
     * Immutable identity; required for a tenant.
     */
    uid?: string
    /**
     * Free labels.
     */
    labels?: {
      [k: string]: string
    }
    /**
     * Free annotations.
     */
    annotations?: {
      [k: string]: string
    }
  }
  /**
   * The change.
   */
  spec: {
    /**
     * Short name of the workflow, or `owner:name`.
     */
    workflow: string
    /**
     * The release that the change was written against.
     */
    base: string
    /**
     * The change, in the shape of the workflow's `spec`. Maps merge key by key, `null` deletes; list items are found by their `id`; new ones stand after their preceding sibling. Directives: `$delete`, `$replace`, `$move`, `$after`, `$before`, `$position`, `$anchor`, `$add`, `$remove`, `$null`.
     */
    patch: JsonMap
    /**
     * Paths of the workflow that the patch sets as defaults, such as `/spec/steps/[id=isolate]/with/mode`: another overlay of the same tenant that says something else there is right, and no conflict.
     */
    'x-default'?: string[]
    /**
     * Paths that no overlay below this tenant may change.
     *
     * Items: One lock.
     */
    locks?: {
      /**
       * Path with keyed items, such as `/spec/steps/[id=isolate]`.
       */
      path: string
      /**
       * What is forbidden: changing the value, deleting it, reordering the list, inserting into it, or anything below it.
       */
      mode: 'value' | 'delete' | 'order' | 'insert' | 'subtree'
      /**
       * Why.
       */
      message?: string
      /**
       * Tenants that the lock does not bind, with all below them. It counts only here, where the lock is declared: nobody exempts himself.
       *
       * Items: One exemption.
       */
      exempt?: {
        /**
         * Path of the tenant.
         */
        tenant: string
        /**
         * Why, for those who audit it. Who granted it and when is told by the commit.
         */
        reason: string
      }[]
    }[]
  }
}

/**
 * What its holders may do.
 */
export interface Role {
  /**
   * Always `headwater.dev/v1`.
   */
  apiVersion: 'headwater.dev/v1'
  /**
   * Always `Role`.
   */
  kind: 'Role'
  /**
   * Name and annotations of the object.
   */
  metadata: {
    /**
     * Name of the object.
     */
    name: string
    /**
     * Immutable identity; required for a tenant.
     */
    uid?: string
    /**
     * Free labels.
     */
    labels?: {
      [k: string]: string
    }
    /**
     * Free annotations.
     */
    annotations?: {
      [k: string]: string
    }
  }
  /**
   * The rights.
   */
  spec: {
    /**
     * Whom the role is for.
     */
    description?: string
    /**
     * Rights; each verb on each resource of one rule is allowed.
     *
     * @minItems 1
     *
     * Items: One right.
     */
    rules: {
      /**
       * What may be done.
       *
       * @minItems 1
       */
      verbs: ('read' | 'propose' | 'approve' | 'run' | 'switch' | 'administer')[]
      /**
       * On what.
       *
       * @minItems 1
       */
      resources: ('tenants' | 'workflows' | 'overlays' | 'connections' | 'runs' | 'approvals' | 'policies' | 'audit')[]
    }[]
  }
}

/**
 * Gives a role to people, groups or service accounts, for a part of the tree.
 */
export interface RoleBinding {
  /**
   * Always `headwater.dev/v1`.
   */
  apiVersion: 'headwater.dev/v1'
  /**
   * Always `RoleBinding`.
   */
  kind: 'RoleBinding'
  /**
   * Name and annotations of the object.
   */
  metadata: {
    /**
     * Name of the object.
     */
    name: string
    /**
     * Immutable identity; required for a tenant.
     */
    uid?: string
    /**
     * Free labels.
     */
    labels?: {
      [k: string]: string
    }
    /**
     * Free annotations.
     */
    annotations?: {
      [k: string]: string
    }
  }
  /**
   * Who gets what, where.
   */
  spec: {
    /**
     * Name of the role.
     */
    role: string
    /**
     * Who gets it.
     *
     * @minItems 1
     *
     * Items: One subject.
     */
    subjects: {
      /**
       * What the name means.
       */
      kind: 'User' | 'Group' | 'ServiceAccount'
      /**
       * Name as the identity provider says it, or the service account's.
       */
      name: string
    }[]
    /**
     * The tenants meant: those that satisfy every field given here.
     */
    to: {
      /**
       * Path of a tenant, such as `acme/north`; it and all below it. The owner's whole subtree where absent.
       */
      subtree?: string
      /**
       * Values by tag: one of the values of each tag must hold.
       */
      tags?: {
        /**
         * Values of which one must hold.
         *
         * @minItems 1
         */
        [k: string]: string[]
      }
      /**
       * Values by tag: a tenant that has one of them is left out.
       */
      not?: {
        /**
         * Values of which none may hold.
         *
         * @minItems 1
         */
        [k: string]: string[]
      }
      /**
       * Tenant paths to leave out, each with all below it.
       */
      exclude?: string[]
    }
  }
}

/**
 * Hands workflows to tenants, present and future: one file shares with one tenant or with ten thousand.
 */
export interface Share {
  /**
   * Always `headwater.dev/v1`.
   */
  apiVersion: 'headwater.dev/v1'
  /**
   * Always `Share`.
   */
  kind: 'Share'
  /**
   * Name and annotations of the object.
   */
  metadata: {
    /**
     * Name of the object.
     */
    name: string
    /**
     * Immutable identity; required for a tenant.
     */
    uid?: string
    /**
     * Free labels.
     */
    labels?: {
      [k: string]: string
    }
    /**
     * Free annotations.
     */
    annotations?: {
      [k: string]: string
    }
  }
  /**
   * What is shared, and with whom.
   */
  spec: {
    /**
     * The workflows shared.
     *
     * @minItems 1
     *
     * Items: One workflow, followed by `channel` or by `range`.
     */
    workflows: {
      /**
       * Short name, or `owner:name` where that is ambiguous.
       */
      name: string
      /**
       * Channel to follow; `stable` where neither is given.
       */
      channel?: string
      /**
       * Semver range, such as `^2.0.0`; its highest release is taken.
       */
      range?: string
    }[]
    /**
     * The tenants meant: those that satisfy every field given here.
     */
    to: {
      /**
       * Path of a tenant, such as `acme/north`; it and all below it. The owner's whole subtree where absent.
       */
      subtree?: string
      /**
       * Values by tag: one of the values of each tag must hold.
       */
      tags?: {
        /**
         * Values of which one must hold.
         *
         * @minItems 1
         */
        [k: string]: string[]
      }
      /**
       * Values by tag: a tenant that has one of them is left out.
       */
      not?: {
        /**
         * Values of which none may hold.
         *
         * @minItems 1
         */
        [k: string]: string[]
      }
      /**
       * Tenant paths to leave out, each with all below it.
       */
      exclude?: string[]
    }
    /**
     * Whether the tenants may write overlays; `customisable` where absent.
     */
    access?: 'customisable' | 'read-only'
    /**
     * Update mode for these tenants; the tenant's own where absent.
     */
    updates?: 'auto' | 'review' | 'pinned'
  }
}

/**
 * A managed customer, a sub-MSP or the MSP itself. The folder that holds tenant.yaml is its place in the tree, and what it says is inherited below it.
 */
export interface Tenant {
  /**
   * Always `headwater.dev/v1`.
   */
  apiVersion: 'headwater.dev/v1'
  /**
   * Always `Tenant`.
   */
  kind: 'Tenant'
  /**
   * Name and annotations of the object.
   */
  metadata: {
    /**
     * Name of the object.
     */
    name: string
    /**
     * Immutable identity; required for a tenant.
     */
    uid: string
    /**
     * Free labels.
     */
    labels?: {
      [k: string]: string
    }
    /**
     * Free annotations.
     */
    annotations?: {
      [k: string]: string
    }
  }
  /**
   * What the tenant is, and what it hands down.
   */
  spec: {
    /**
     * The name people read.
     */
    displayName: string
    /**
     * What shares, guardrails and roles select tenants by. Inherited; a nearer value of the same key wins.
     */
    tags?: {
      [k: string]: string
    }
    /**
     * Variables that workflows read as `tenant.values.<name>` when a run starts. Inherited key by key; a nearer value wins.
     */
    values?: JsonMap
    /**
     * Whom to reach. Inherited by `role`.
     *
     * Items: One contact.
     */
    contacts?: {
      /**
       * What the contact is for, such as `soc` or `billing`.
       */
      role: string
      /**
       * A team or function.
       */
      name?: string
      /**
       * Mail address.
       */
      email: string
    }[]
    /**
     * IANA time zone, such as `Europe/Berlin`. Inherited.
     */
    timezone?: string
    /**
     * How reports and pages look to this tenant and below. Inherited field by field.
     */
    brand?: {
      /**
       * The name shown instead of Headwater.
       */
      name?: string
      /**
       * Path of an SVG or PNG file in the repository.
       */
      logo?: string
      /**
       * Colours as `#rrggbb`.
       */
      colors?: {
        /**
         * Main colour.
         */
        primary?: string
        /**
         * Accent colour.
         */
        accent?: string
      }
    }
    /**
     * Which connections perform an action, where more than one could. Inherited by action.
     */
    bindings?: {
      /**
       * Names of connections visible to the tenant; each performs the action, with an outcome of its own.
       *
       * @minItems 1
       */
      [k: string]: string[]
    }
    /**
     * What the tenant may use at the same time. Inherited field by field.
     */
    limits?: {
      /**
       * Runs that execute at the same time; further ones wait. Of one tenant never more than 256, half of what a controller executes.
       */
      concurrentRuns?: number
    }
    /**
     * How long what the tenant leaves behind is kept. Inherited field by field.
     */
    retention?: {
      /**
       * Days after which finished runs are removed; they are kept for good where nothing is said.
       */
      runDays?: number
    }
    /**
     * How new releases arrive: `auto` follows the channel, `review` waits for a pull request, `pinned` never moves. Inherited.
     */
    updates?: 'auto' | 'review' | 'pinned'
    /**
     * Release in force for a workflow without an overlay, by workflow name, in the modes `review` and `pinned`.
     */
    pins?: {
      [k: string]: string
    }
    /**
     * True keeps everything declared and starts no run. Inherited.
     */
    suspended?: boolean
    /**
     * The repository that holds this tenant's subtree, where it keeps its own. Beside it the folder here holds tenant.yaml and nothing else.
     */
    source?: {
      /**
       * Address of the repository: https, or http on this machine. No user name and no password in it.
       */
      url: string
      /**
       * Branch to follow.
       */
      ref: string
      /**
       * Folder inside it; the whole repository where absent.
       */
      path?: string
      /**
       * A commit to take although it does not descend from the one in force: after the history was rewritten on purpose.
       */
      accept?: string
      /**
       * Uids that keep their meaning in that repository: those of tenants that were declared here before. Any other uid counts inside that repository only.
       */
      uids?: string[]
    }
  }
}

/**
 * A workflow: what starts it and what it does, step by step. The same kind serves the head (workflow.yaml) and every frozen release.
 */
export interface Workflow {
  /**
   * Always `headwater.dev/v1`.
   */
  apiVersion: 'headwater.dev/v1'
  /**
   * Always `Workflow`.
   */
  kind: 'Workflow'
  /**
   * Name and annotations of the object.
   */
  metadata: {
    /**
     * Name of the object.
     */
    name: string
    /**
     * Immutable identity; required for a tenant.
     */
    uid?: string
    /**
     * Free labels.
     */
    labels?: {
      [k: string]: string
    }
    /**
     * Free annotations.
     */
    annotations?: {
      [k: string]: string
    }
  }
  /**
   * The workflow's contents.
   */
  spec: {
    /**
     * Semantic version; in a release it equals the file name.
     */
    version: string
    /**
     * What people call it.
     */
    title: string
    /**
     * What it does and when it is used, in a few sentences.
     */
    description?: string
    /**
     * Minutes of manual work that one successful run saves.
     */
    minutesSaved?: number
    /**
     * What starts a run.
     *
     * Items: One trigger.
     */
    triggers?: {
      /**
       * Identity of the trigger.
       */
      id: string
      /**
       * `alert` starts on a matching alert, `webhook` by a signed delivery to a URL of its own, `schedule` at the times of `cron`, `manual` by a person or program.
       */
      type: 'alert' | 'webhook' | 'schedule' | 'manual'
      /**
       * Expression over `trigger.alert` (of a webhook: `trigger.payload`) and `tenant`; an alert that makes it true starts a run. A webhook without it starts one by each delivery.
       */
      match?: string
      /**
       * Of a webhook: text with expressions over `trigger.payload` and `tenant`; deliveries that yield the same text are one run. Where absent, those with the same `webhook-id` are.
       */
      dedupe?: string
      /**
       * Of a schedule: minute, hour, day of the month, month and day of the week, such as `0 6 * * 1-5`.
       */
      cron?: string
      /**
       * Of a schedule: the time zone of `cron`; the tenant's own where absent.
       */
      timezone?: string
      /**
       * Of a schedule: what becomes of times at which no controller ran: none of them starts a run, `one` does for all of them (where absent), or `all` do.
       */
      missed?: 'skip' | 'one' | 'all'
      /**
       * Of a schedule: within how many seconds the tenants start, each always at the same distance; a tenth of the interval where absent, at most 300.
       */
      spreadSeconds?: number
      /**
       * Inputs of the run, as values or expressions over `trigger` (`trigger.alert`, `trigger.payload` of a webhook, `trigger.scheduledAt` of a schedule) and `tenant`.
       */
      inputs?: JsonMap
    }[]
    /**
     * What a run is given, as a JSON Schema of one object.
     */
    inputs?: {
      /**
       * Names of the inputs that must be given.
       */
      required?: string[]
      /**
       * Each input by its name, as a JSON Schema.
       */
      properties: {
        /**
         * JSON Schema of one input.
         */
        [k: string]: JsonMap
      }
    }
    /**
     * What is done, in this order.
     *
     * @minItems 1
     */
    steps: Step[]
    /**
     * Steps performed where the run is cancelled, after what was at work has ended: they undo what has been done, as `steps` tells it. A run that is killed performs none.
     */
    onCancelSteps?: Step[]
    /**
     * What a successful run hands back, as values or expressions.
     */
    outputs?: JsonMap
    /**
     * What `outputs` come to, as a JSON Schema of one object. A run whose outputs do not fit fails, so whoever performs this workflow can rely on them.
     */
    outputSchema?: {
      /**
       * Names of the outputs that every successful run hands back.
       */
      required?: string[]
      /**
       * Each output by its name, as a JSON Schema.
       */
      properties: {
        /**
         * JSON Schema of one output.
         */
        [k: string]: JsonMap
      }
    }
    /**
     * How long a run may go on, waits included; over it the run fails. 400 days where absent.
     */
    timeoutSeconds?: number
    /**
     * Paths whose values are defaults, such as `/spec/steps/[id=isolate]/with/mode`: where a new release changes one and a tenant has said something else, the tenant's value stays and nobody is asked.
     */
    'x-default'?: string[]
    /**
     * Paths that no overlay below may change.
     *
     * Items: One lock.
     */
    locks?: {
      /**
       * Path with keyed items, such as `/spec/steps/[id=isolate]`.
       */
      path: string
      /**
       * What is forbidden: changing the value, deleting it, reordering the list, inserting into it, or anything below it.
       */
      mode: 'value' | 'delete' | 'order' | 'insert' | 'subtree'
      /**
       * Why.
       */
      message?: string
      /**
       * Tenants that the lock does not bind, with all below them. It counts only here, where the lock is declared: nobody exempts himself.
       *
       * Items: One exemption.
       */
      exempt?: {
        /**
         * Path of the tenant.
         */
        tenant: string
        /**
         * Why, for those who audit it. Who granted it and when is told by the commit.
         */
        reason: string
      }[]
    }[]
    /**
     * Renamed steps: an overlay written for the old id follows to the new one.
     *
     * Items: One rename.
     */
    moved?: {
      /**
       * Earlier id.
       */
      from: string
      /**
       * Present id.
       */
      to: string
    }[]
  }
}
/**
 * One step. It does exactly one thing: `action`, `workflow`, `notify`, `case`, `set`, `approval`, `sleep`, or a block: `then` and `else`, `switch`, `parallel`, `forEach`.
 */
export interface Step {
  /**
   * Identity of the step, unique in the workflow; expressions read `steps.<id>.outputs`.
   */
  id: string
  /**
   * What people read in plans and runs.
   */
  name?: string
  /**
   * Expression; where it is false the step is skipped. On a block it chooses between `then` and `else`.
   */
  if?: string
  /**
   * Universal action to perform, such as `isolate_endpoint`; the tenant's connection decides which vendor does it.
   */
  action?: string
  /**
   * Input of the action, as values or expressions.
   */
  with?: JsonMap
  /**
   * Values to compute and keep as outputs of this step.
   */
  set?: JsonMap
  /**
   * Waits until a person decides.
   */
  approval?: {
    /**
     * What is asked, as text with expressions.
     */
    message: string
    /**
     * Roles whose holders may decide.
     */
    approvers?: string[]
  }
  /**
   * Another workflow that the same tenant receives, performed as a run of its own; what it hands back are the outputs of this step.
   */
  workflow?: {
    /**
     * Short name of the workflow.
     */
    name: string
    /**
     * Inputs of that run, as values or expressions.
     */
    inputs?: JsonMap
    /**
     * The step ends as soon as that run is accepted, with its id as the output `run`. It goes on whatever becomes of this one; otherwise it is awaited, and cancelled with this one.
     */
    detached?: boolean
  }
  /**
   * Tells a team: the action `notify_team` with this input, through the tenant's connection that performs it.
   */
  notify?: {
    /**
     * Name of the channel, or an expression.
     */
    channel: string
    /**
     * First line, as text with expressions.
     */
    title: string
    /**
     * The message, as text with expressions.
     */
    text: string
    /**
     * `info`, `warning` or `critical`, or an expression; `info` where absent.
     */
    severity?: string
    /**
     * Address to follow, or an expression.
     */
    link?: string
  }
  /**
   * Writes into a case of the tenant: `open`, `comment` or `close`. Its output `case` is the id of the case.
   */
  case?: {
    /**
     * Opens a case.
     */
    open?: {
      /**
       * What people read in the list, as text with expressions.
       */
      title: string
      /**
       * What happened, as text with expressions.
       */
      description?: string
      /**
       * `info`, `low`, `medium`, `high` or `critical`, or an expression; `medium` where absent.
       */
      severity?: string
      /**
       * What makes it the same case, such as the id of an alert: the same key is the same case, which is opened again where it was closed. Where absent the step opens one of its own.
       */
      key?: string
    }
    /**
     * Adds a comment to the case that `case` or `key` names.
     */
    comment?: {
      /**
       * Id of the case, as an expression such as `${{ steps.record.outputs.case }}`.
       */
      case?: string
      /**
       * Key that it was opened with.
       */
      key?: string
      /**
       * The comment, as text with expressions.
       */
      text: string
    }
    /**
     * Closes the case that `case` or `key` names.
     */
    close?: {
      /**
       * Id of the case, as an expression such as `${{ steps.record.outputs.case }}`.
       */
      case?: string
      /**
       * Key that it was opened with.
       */
      key?: string
      /**
       * What came of it, as text with expressions.
       */
      resolution?: string
    }
  }
  /**
   * Steps performed where `if` is true.
   */
  then?: Step[]
  /**
   * Steps performed where `if` is false.
   */
  else?: Step[]
  /**
   * Goes on with the first case that fits, or with `default`.
   */
  switch?: {
    /**
     * Expression whose value the cases compare with `equals`.
     */
    value?: string
    /**
     * What may be the case, in the order in which it is asked.
     *
     * @minItems 1
     *
     * Items: One case: `equals` or `when`, and its steps.
     */
    cases: {
      /**
       * Identity of the case; journals and tests name it.
       */
      id: string
      /**
       * The case fits where `value` is this.
       */
      equals?: Json
      /**
       * Condition; the case fits where it is true.
       */
      when?: string
      /**
       * Steps performed where the case fits.
       */
      steps: Step[]
    }[]
    /**
     * Steps performed where no case fits.
     */
    default?: Step[]
  }
  /**
   * Branches that are performed at the same time. All of them are awaited; the step fails where one has failed.
   *
   * @minItems 1
   *
   * Items: One branch.
   */
  parallel?: {
    /**
     * Identity of the branch.
     */
    id: string
    /**
     * Steps of the branch, in order.
     */
    steps: Step[]
  }[]
  /**
   * Performs its steps once for each item of a list. All items are awaited; the step fails where one has failed.
   */
  forEach?: {
    /**
     * Expression that yields the list.
     */
    in: string
    /**
     * Name of the item: its steps read `each.<name>`; `item` where absent.
     */
    as?: string
    /**
     * Name of its place in the list, from 0; `index` where absent.
     */
    index?: string
    /**
     * Items worked on at the same time; 1 where absent.
     */
    concurrency?: number
    /**
     * Steps performed for each item.
     */
    steps: Step[]
  }
  /**
   * Waits, without a thread and across restarts: for `seconds` or until a time.
   */
  sleep?: {
    /**
     * How long.
     */
    seconds?: number
    /**
     * A time such as `2026-05-01T06:00:00Z`, or an expression that yields one. A time that has passed is not waited for.
     */
    until?: string
  }
  /**
   * What is tried again after a passing failure. Where absent: 3 attempts, 2 s, doubled each time.
   */
  retry?: {
    /**
     * Attempts in all, the first included.
     */
    attempts: number
    /**
     * Seconds before the second attempt.
     */
    delaySeconds?: number
    /**
     * What each further delay is multiplied by.
     */
    factor?: number
    /**
     * Codes of the failures that are tried again, such as `http-409` or `http-5xx`, and no others. Where absent: those that the connector calls passing.
     *
     * @minItems 1
     */
    codes?: string[]
  }
  /**
   * Of an action: seconds one attempt may take; 30 where absent. Of an approval: how long it may wait for an answer; no answer is a no. Of a workflow or a block: how long all of it may take.
   */
  timeoutSeconds?: number
  /**
   * What a failed step means: `fail` (where absent) ends the run, `continue` goes on to the next step.
   */
  onError?: 'fail' | 'continue'
  /**
   * Steps performed where the step has failed; `onError` says what then.
   */
  onErrorSteps?: Step[]
}

/**
 * A sandbox test of the workflow in whose folder it stands: what is given, what the vendors answer, and what must follow.
 */
export interface WorkflowTest {
  /**
   * Always `headwater.dev/v1`.
   */
  apiVersion: 'headwater.dev/v1'
  /**
   * Always `WorkflowTest`.
   */
  kind: 'WorkflowTest'
  /**
   * Name and annotations of the object.
   */
  metadata: {
    /**
     * Name of the object.
     */
    name: string
    /**
     * Immutable identity; required for a tenant.
     */
    uid?: string
    /**
     * Free labels.
     */
    labels?: {
      [k: string]: string
    }
    /**
     * Free annotations.
     */
    annotations?: {
      [k: string]: string
    }
  }
  /**
   * The test.
   */
  spec: {
    /**
     * What the test shows.
     */
    title?: string
    /**
     * Release under test; the head where absent.
     */
    release?: string
    /**
     * An alert that must start the workflow; its trigger makes the inputs.
     */
    alert?: JsonMap
    /**
     * A delivery that must start the workflow; its trigger makes the inputs.
     */
    webhook?: {
      /**
       * Id of the trigger of type webhook.
       */
      trigger: string
      /**
       * What is delivered.
       */
      payload: Json
    }
    /**
     * A time of a schedule, which makes the inputs.
     */
    schedule?: {
      /**
       * Id of the trigger of type schedule.
       */
      trigger: string
      /**
       * A time that its `cron` has, such as `2026-03-29T01:00:00Z`; the tenant of a test is in the zone UTC.
       */
      at: string
    }
    /**
     * Inputs of the run, where nothing of the above is given.
     */
    inputs?: JsonMap
    /**
     * What `tenant.values` holds.
     */
    values?: JsonMap
    /**
     * What each step is answered.
     *
     * Items: One answer: `outputs` of an action or a workflow, `error` for a failing one, or `approved` for an approval.
     */
    answers?: {
      /**
       * Id of the step.
       */
      step: string
      /**
       * What the vendor answers, as the action's output; or what the workflow hands back.
       */
      outputs?: JsonMap
      /**
       * The failure that the step ends with.
       */
      error?: string
      /**
       * What the person decides.
       */
      approved?: boolean
      /**
       * True where the run is cancelled at this step: after the attempt of an action, or while the step waits.
       */
      cancelled?: boolean
    }[]
    /**
     * What must follow.
     */
    expect: {
      /**
       * How the run ends.
       */
      outcome: 'succeeded' | 'failed' | 'waiting' | 'cancelled'
      /**
       * Ids of the steps that were performed, in order; skipped ones and blocks are left out.
       */
      path?: string[]
      /**
       * Input of the actions and workflows and what is written into cases, for the steps named.
       *
       * Items: One call.
       */
      calls?: {
        /**
         * Id of the step.
         */
        step: string
        /**
         * Input that the action or workflow must be given, or the change of the case with its `kind`.
         */
        with?: JsonMap
      }[]
      /**
       * Outputs of the run.
       */
      outputs?: JsonMap
    }
  }
}

export interface Kinds {
  Action: Action
  Channels: Channels
  Connection: Connection
  Connector: Connector
  Guardrail: Guardrail
  Overlay: Overlay
  Role: Role
  RoleBinding: RoleBinding
  Share: Share
  Tenant: Tenant
  Workflow: Workflow
  WorkflowTest: WorkflowTest
}

export type KindName = keyof Kinds

export const kindNames = ['Action', 'Channels', 'Connection', 'Connector', 'Guardrail', 'Overlay', 'Role', 'RoleBinding', 'Share', 'Tenant', 'Workflow', 'WorkflowTest'] as const satisfies readonly KindName[]
