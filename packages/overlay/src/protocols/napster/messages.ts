// Napster's messages: a number and a line of text. The numbers bear the names of the open specification (drscholl, 2001) and
// of the OpenNap servers; what the text holds is read by fields.ts and its neighbours.

/**
 * One message in either direction. `text` is byte text: one character per byte, U+0000 to U+00FF, since the protocol declares no
 * charset; byte-text.ts makes it readable.
 */
export interface Message {
  readonly type: number;
  readonly text: string;
}

/** What each number means. C: from a client, S: from a server, L: between linked servers. */
export const MESSAGE = {
  /** S. Text for people; the server hangs up. */
  loginError: 0,
  /** C, L. `nick pass port "client" speed [email] [build] [zlevel]`. */
  login: 2,
  /** S. `email`, and `level` where the stream is compressed from here on. */
  loginAccepted: 3,
  /** C, S. */
  versionCheck: 4,
  /** C. As `login`, and an e-mail address: makes an account. */
  registerAndLogin: 6,
  /** C. `nick`: is it free? */
  nickCheck: 7,
  nickFree: 8,
  nickTaken: 9,
  nickInvalid: 10,
  /** C. `nick pass`, before the login. */
  passwordCheck: 11,
  passwordRight: 12,
  /** C. What a new user was asked of himself. Ignored. */
  registrationSurvey: 14,
  registrationSurvey2: 15,
  /** C. `"path" md5 size bitrate frequency seconds`. */
  share: 100,
  /** C. `path`, without quotes. */
  unshare: 102,
  /** C, and S with the number of files. */
  unshareAll: 110,
  /** C. See search-request.ts. */
  search: 200,
  /** S. `"path" md5 size bitrate frequency seconds nick ip speed [weight]`. */
  searchHit: 201,
  searchEnd: 202,
  /** C. `nick "path"`: I want it. */
  download: 203,
  /** S. `nick ip port "path" md5 speed`; port 0: ask for a push. */
  downloadAccepted: 204,
  /** C `nick text`, S `from text`. */
  privateMessage: 205,
  /** S. `nick "path"`. */
  downloadUnavailable: 206,
  hotlistAdd: 207,
  hotlistInitial: 208,
  /** S. `nick speed`. */
  signOn: 209,
  signOff: 210,
  /** C. `nick [max]`. */
  browse: 211,
  browseFile: 212,
  /** S. `nick [ip]`. */
  browseEnd: 213,
  /** C empty, S `users files gigabytes`. */
  statistics: 214,
  /** C. `md5 size`. */
  resume: 215,
  /** S. `nick ip port "path" md5 size speed`. */
  resumeHit: 216,
  resumeEnd: 217,
  downloadBegun: 218,
  downloadEnded: 219,
  uploadBegun: 220,
  uploadEnded: 221,
  /** C. Ports for parallel data. Ignored. */
  dataPorts: 300,
  hotlistAdded: 301,
  hotlistFailed: 302,
  hotlistRemove: 303,
  /** S. `0`: goodbye. */
  disconnecting: 316,
  ignoreList: 320,
  ignoreEntry: 321,
  ignoreAdd: 322,
  ignoreRemove: 323,
  ignoreUnknown: 324,
  ignoreKnown: 325,
  ignoreClear: 326,
  channelJoin: 400,
  channelPart: 401,
  /** C. `#channel text`. */
  channelSay: 402,
  /** S. `#channel nick text`. */
  channelSaid: 403,
  /** S. Any notice or error, for people. */
  notice: 404,
  channelJoined: 405,
  channelUserJoined: 406,
  channelUserParted: 407,
  channelMember: 408,
  channelMembersEnd: 409,
  channelTopic: 410,
  /** C. `nick "path"`: connect to me and send. */
  pushRequest: 500,
  /** S. `nick ip port "path" md5 speed`: connect out and send. */
  push: 501,
  linkSpeed: 600,
  linkSpeedIs: 601,
  whois: 603,
  whoisOnline: 604,
  whoisOffline: 605,
  setLevel: 606,
  /** S. `asker "path" [speed]`: somebody wants it. */
  uploadRequest: 607,
  /** C. `asker "path"`. */
  uploadAccepted: 608,
  uploadRefused: 609,
  kill: 610,
  nuke: 611,
  ban: 612,
  unban: 614,
  banList: 615,
  banEntry: 616,
  channelList: 617,
  channelListEntry: 618,
  /** C. `asker "path" limit`. */
  queueFull: 619,
  /** S. `owner "path" size limit`. */
  queueLimit: 620,
  motd: 621,
  muzzle: 622,
  unmuzzle: 623,
  /** C `nick`, S `asker`: your data port cannot be reached. */
  dataPortError: 626,
  operatorMessage: 627,
  announce: 628,
  /** C `nick`, S `asker [ip port]`. */
  browseDirect: 640,
  /** C `asker`, S `owner ip port`. */
  browseDirectAccepted: 641,
  /** S. `nick "text"`. */
  browseDirectError: 642,
  cloak: 652,
  changeSpeed: 700,
  changePassword: 701,
  changeEmail: 702,
  changePort: 703,
  /** S. Somebody else logs in under your name. */
  ghost: 748,
  serverPing: 750,
  /** C `nick`, S `from`. */
  userPing: 751,
  userPong: 752,
  setPassword: 753,
  reload: 800,
  serverVersion: 801,
  channelClear: 820,
  channelLevel: 823,
  /** C `#channel "text"`, S `#channel nick "text"`. */
  channelEmote: 824,
  channelUser: 825,
  channelLimit: 826,
  channelListAll: 827,
  channelListAllEntry: 828,
  channelKick: 829,
  channelUsers: 830,
  serverUsers: 831,
  serverUser: 832,
  clientCheck: 920,
  quit: 10_000,
  /** L. `name nonce zlevel`. */
  linkLogin: 10_010,
  /** L. Upper-case hex of MD5(peer's nonce, own nonce, own password). */
  linkPassword: 10_011,
  /** L. `nick files kilobytes`. */
  linkShared: 10_012,
  linkRegistration: 10_014,
  /** L. `asker id …`, a search. */
  linkSearch: 10_015,
  /** L. `id owner "path" md5 size bitrate frequency seconds`. */
  linkSearchHit: 10_016,
  linkSearchEnd: 10_017,
  /** L. `:from nick` and a whole message, head included. */
  linkEncapsulated: 10_018,
  /** L. `server port peer peerport hops`. */
  linkInfo: 10_019,
  linkQuit: 10_020,
  linkTime: 10_023,
  linkConnect: 10_100,
  linkDisconnect: 10_101,
  linkKill: 10_110,
  linkList: 10_112,
  serverUsage: 10_115,
  register: 10_200,
  linkStateEnd: 10_262,
  linkStateEndHeard: 10_263,
  /** C. `"path" size md5 type`. */
  shareMedia: 10_300,
  /** C. `"dir" "name" md5 size bitrate frequency seconds …`. */
  shareDirectory: 870,
} as const;
