/** Before there is a diagnosis. */
export function Progress() {
  return <p class="quiet">No diagnosis in this page.</p>
}
