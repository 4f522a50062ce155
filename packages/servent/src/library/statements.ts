// The catalog's prepared statements, those that run once per file or folder.
import type { DatabaseSync, StatementSync } from "node:sqlite";

export type Statements = ReturnType<typeof prepareStatements>;

export function prepareStatements(db: DatabaseSync) {
  return {
    upsertFolder: db.prepare(
      `INSERT INTO library_folders (share, path, device, scan) VALUES (?1, ?2, ?3, ?4)
       ON CONFLICT (share, path) DO UPDATE SET device = ?3, scan = ?4 RETURNING id`,
    ),
    /** A folder and all below it. As `0` follows `/`, the names between are those that begin with the folder. */
    foldersUnder: db.prepare(
      `SELECT id, path FROM library_folders
       WHERE share = ?1 AND (?2 = '' OR path = ?2 OR (path >= ?2 || '/' AND path < ?2 || '0'))`,
    ),
    folderDevice: db.prepare("SELECT device FROM library_folders WHERE share = ? AND path = ?"),
    markFolder: db.prepare("UPDATE library_folders SET scan = ? WHERE id = ?"),
    deleteFolder: db.prepare("DELETE FROM library_folders WHERE id = ?"),

    filesOfFolder: db.prepare(
      "SELECT id, name, size, modified, inode, identity IS NOT NULL AS hashed FROM library_files WHERE folder = ?",
    ),
    insertFile: db.prepare(
      "INSERT INTO library_files (folder, name, size, modified, inode, shared_at) VALUES (?, ?, ?, ?, ?, ?)",
    ),
    /** The file is another one now: its identity is unknown. */
    restamp: db.prepare("UPDATE library_files SET size = ?, modified = ?, inode = ?, identity = NULL WHERE id = ?"),
    deleteFile: db.prepare("DELETE FROM library_files WHERE id = ?"),
    stampOfFile: db.prepare(
      "SELECT size, modified, inode, identity IS NOT NULL AS hashed FROM library_files WHERE id = ?",
    ),
    setIdentity: db.prepare("UPDATE library_files SET identity = ? WHERE id = ?"),
    setTree: db.prepare("INSERT OR REPLACE INTO library_trees (file, block_size, nodes) VALUES (?, ?, ?)"),
    deleteTree: db.prepare("DELETE FROM library_trees WHERE file = ?"),
    setCounts: db.prepare("UPDATE library_shares SET files = ?, bytes = ? WHERE id = ?"),

    /** As an array, in this order: dozens of these make one answer, and an array is a fifth faster. */
    file: returningArrays(
      db.prepare(
        `SELECT d.share, d.path, f.name, f.size, f.modified, f.shared_at, f.identity
         FROM library_files f JOIN library_folders d ON d.id = f.folder WHERE f.id = ?`,
      ),
    ),
    place: db.prepare(
      `SELECT f.name, f.size, f.modified, f.inode, d.share, d.path AS folder, d.device
       FROM library_files f JOIN library_folders d ON d.id = f.folder WHERE f.id = ?`,
    ),
    filesBySha1: db.prepare(
      "SELECT id FROM library_files WHERE substr(identity, 1, 20) = ? AND identity IS NOT NULL ORDER BY id",
    ),
    tree: db.prepare("SELECT block_size, nodes FROM library_trees WHERE file = ?"),
    unhashedTotals: db.prepare(
      `SELECT d.share AS share, count(*) AS files, total(f.size) AS bytes
       FROM library_files f JOIN library_folders d ON d.id = f.folder WHERE f.identity IS NULL GROUP BY d.share`,
    ),
    unhashed: db.prepare(
      `SELECT f.id, f.name, f.size, f.modified, f.inode, d.share, d.path AS folder
       FROM library_files f JOIN library_folders d ON d.id = f.folder
       WHERE f.identity IS NULL AND f.id > ? ORDER BY f.id LIMIT ?`,
    ),
  };
}

function returningArrays(statement: StatementSync): StatementSync {
  statement.setReturnArrays(true);
  return statement;
}
