export interface Place { name: string; x: number; y: number }
export interface Run {
  seed: number; config_name: string; num_episodes: number; num_agents: number; max_steps: number; width: number; height: number;
  meters: string[]; vital_meters: string[]; meter_full_scale: { [k: string]: number }; actions: string[]; started_at: number; randomization_episode: number | null;
}
export interface Pulse {
  status: string; detail: string; attempt: number; episodes_finished: number; last_event_at: number; position: number;
  agent_steps_per_second: number | null; rss_bytes: number | null; rss_bytes_per_hour: number | null; loss: number | null; mean_q: number | null; replay_fill: number | null;
}
export interface Metrics {
  episode_id: number; timestamp: number; survival_time: number; total_reward: number; extrinsic_reward: number; intrinsic_reward: number;
  intrinsic_weight: number; curriculum_stage: number; epsilon: number; cause: string; agent: number;
}
export interface Heatmap { first: number; last: number; visits: number[][]; novelty: number[][] }
export interface GraphEdge { source: string; target: string; count: number; first_seen: number; last_seen: number; mean_episode: number }
export interface AffordanceGraph { first: number; last: number; nodes: string[]; edges: GraphEdge[] }
export interface StageProgress { stage: number; since_episode: number; mean_survival: number; episodes_in_stage: number; advance_at: number | null; retreat_at: number | null }
export interface State {
  episode: number; metrics: Metrics; mean_survival: number; heatmap: Heatmap; affordance_graph: AffordanceGraph; layout: Place[]; stage: StageProgress; checkpoint: string | null;
}
export interface Series { metric: string; resolution: number; first: number[]; last: number[]; mean: number[]; low: number[]; high: number[] }
export interface Annotation { episode: number; position: number; kind: string; text: string }
export interface Use { step: number; affordance: string }
export interface Replay { metrics: Metrics; attempt: number; layout: Place[]; path: number[]; actions: number[]; meters: number[][]; uses: Use[] }
export interface Attempt { attempt: number; first_episode: number; last_episode: number; kept_until: number; started_at: number; ended_at: number; ended: string; checkpoint: string | null }
export interface Criterion { key: string; title: string; target: string; value: string; state: string; since_episode: number | null }
export interface Behaviour { episode: number; kind: string; title: string; evidence: string }
export interface StateUpdate {
  type: "state_update"; episode: number; position: number; metrics: Metrics; position_heatmap: number[][]; novelty_heatmap: number[][];
  affordance_graph: AffordanceGraph; layout: Place[]; stage: StageProgress; mean_survival: number; checkpoint: string | null; run: Run; pulse: Pulse; disk: Disk; server_time: number;
}
export interface Tick { type: "tick"; position: number; pulse: Pulse; disk: Disk; server_time: number }
export interface Waiting { type: "waiting"; reason: string; server_time: number }
export interface StateAt { type: "state_at"; request: number; state: State | null }
export interface ErrorMessage { type: "error"; message: string; request?: number | null }
export type ServerMessage = StateUpdate | Tick | Waiting | StateAt | ErrorMessage;
export interface Seek { type: "seek"; episode: number; request: number }
export interface Pause { type: "pause" }
export interface Live { type: "live" }
export interface Resume { type: "resume"; position: number }
export type ClientMessage = Seek | Pause | Live | Resume;
export interface Disk { free_bytes: number; total_bytes: number; floor_bytes: number; low: boolean }
export interface Screenshot { name: string; bytes: number; taken_at: number }
export interface NoveltyGif { name: string; bytes: number; first: number; last: number; made_at: number }
export interface Export { name: string; bytes: number; made_at: number; final: boolean }
export interface Gallery { updated_at: number; screenshots?: Screenshot[]; gifs?: NoveltyGif[]; exports?: Export[]; paused?: string | null }
